import { Injectable } from '@nestjs/common';
import type { Rollout, RolloutEvent } from '@sluice/contracts';
import { formatEvent } from './format-rollout.js';
import { RolloutWatch } from './rollout-watch.js';
import { RolloutsService } from './rollouts.service.js';

/** How often workers tell how far they are. */
const LOOK_EVERY_MS = 500;
/** Proxies cut a connection on which nothing comes. */
const HEARTBEAT_MS = 10_000;

/**
 * What happens to a rollout, as server-sent events:
 * - `step`: something happened. Its id says after what to go on.
 * - `progress`: how it stands, whenever that has changed.
 * - `end`: how it ended; nothing comes after it.
 *
 * All of it is read from the rollout's record and from what workers tell, so that any process can go on where another one
 * was interrupted.
 */
@Injectable()
export class RolloutStream {
  constructor(
    private readonly rollouts: RolloutsService,
    private readonly watch: RolloutWatch,
  ) {}

  /** @param after id of the last event that the client has, undefined: none. @throws SluiceError not_found, redis_unavailable */
  async follow(model: string, id: string, after: string | undefined): Promise<AsyncGenerator<string>> {
    return this.events(await this.rollouts.find(model, id), after);
  }

  private async *events(first: Rollout, after: string | undefined): AsyncGenerator<string> {
    let rollout = first;
    let last = after;
    let told = '';
    let toldAt = performance.now();
    for (;;) {
      const steps = stepsAfter(rollout.events, last);
      for (const { id, event } of steps) yield message('step', formatEvent(event), id);
      last = steps.at(-1)?.id ?? last;
      const { events: _, ...view } = this.rollouts.view(rollout);
      if (rollout.endedAt !== undefined) {
        yield message('end', view);
        return;
      }
      const progress = message('progress', view);
      if (progress !== told) {
        yield progress;
        told = progress;
        toldAt = performance.now();
      } else if (performance.now() - toldAt > HEARTBEAT_MS) {
        yield ': nothing new\n\n';
        toldAt = performance.now();
      }
      await this.watch.changed(LOOK_EVERY_MS);
      if (this.watch.ends.aborted) return;
      rollout = await this.latest(rollout);
    }
  }

  /** As it is now; as it was, while that cannot be read. */
  private async latest(rollout: Rollout): Promise<Rollout> {
    const running = this.watch.running(rollout.id);
    if (running) return running;
    return this.rollouts.find(rollout.model, rollout.id).catch(() => rollout);
  }
}

/** Events have no number of their own: they are told apart by their time, and within it by their order. */
function stepsAfter(events: readonly RolloutEvent[], last: string | undefined): { id: string; event: RolloutEvent }[] {
  const steps = events.map((event, index) => {
    const earlier = events.slice(0, index).filter(({ at }) => at === event.at).length;
    return { id: `${event.at}-${earlier}`, event };
  });
  const at = last === undefined ? -1 : steps.findIndex(({ id }) => id === last);
  // One that is not there any more was the oldest or older.
  return steps.slice(at + 1);
}

function message(event: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
