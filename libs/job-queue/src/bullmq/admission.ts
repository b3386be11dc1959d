import { SluiceError } from '@sluice/contracts';
import type { QueueSettings } from '../job-queue.js';
import { checkRoom } from '../limits.js';
import type { QueueHandle } from './queue-handles.js';

const FRESH_MS = 50;

/** How much a queue holds: as read, and what was let in since. */
interface Depth {
  waiting: number;
  readonly paused: boolean;
  readonly readAt: number;
}

interface Entrance {
  depth: Promise<Depth> | undefined;
  /** Adds that Redis has not acknowledged, and how many jobs each brings. */
  readonly adding: Map<Promise<unknown>, number>;
}

/**
 * Decides whether a queue takes more jobs, without a round trip for each: between two readings it counts what it lets in
 * itself, and a reading that may have missed an add on its way counts it in. It may let in what other API processes have
 * filled up within FRESH_MS; it refuses only on a reading made after everything it had let in before was there.
 */
export class Admission {
  private readonly entrances = new Map<string, Entrance>();

  constructor(private readonly settings: QueueSettings) {}

  /**
   * Adds jobs if there is room for all of them.
   * @throws SluiceError queue_full, queue_paused; what `add` throws
   */
  async admit<T>(name: string, handle: QueueHandle, arriving: number, add: () => Promise<T>): Promise<T> {
    const entrance = this.entranceOf(name);
    let depth = await this.recent(entrance, handle);
    if (depth.paused || depth.waiting + arriving > this.settings.maxWaiting) {
      await Promise.allSettled(entrance.adding.keys());
      depth = await this.recent(entrance, handle, depth);
    }
    if (depth.paused) throw new SluiceError('queue_paused', `queue ${name} is paused: resume it, or try again later`);
    checkRoom(name, depth.waiting, arriving, this.settings);
    depth.waiting += arriving;
    const adding = add();
    entrance.adding.set(adding, arriving);
    return adding.finally(() => entrance.adding.delete(adding));
  }

  /** A reading that is fresh, and another one than `rejected`; callers that need one at the same time share it. */
  private async recent(entrance: Entrance, handle: QueueHandle, rejected?: Depth): Promise<Depth> {
    const seen = entrance.depth;
    const depth = await seen;
    if (depth && depth !== rejected && Date.now() - depth.readAt <= FRESH_MS) return depth;
    if (entrance.depth === seen) {
      const reading = this.read(entrance, handle);
      entrance.depth = reading;
      reading.catch(() => {
        if (entrance.depth === reading) entrance.depth = undefined;
      });
    }
    return this.recent(entrance, handle, rejected);
  }

  private async read({ adding }: Entrance, { queue }: QueueHandle): Promise<Depth> {
    const onTheirWay = [...adding.values()].reduce((sum, count) => sum + count, 0);
    const [counts, paused] = await Promise.all([
      queue.getJobCounts('waiting', 'prioritized', 'delayed'),
      queue.isPaused(),
    ]);
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, onTheirWay);
    return { waiting, paused, readAt: Date.now() };
  }

  private entranceOf(name: string): Entrance {
    let entrance = this.entrances.get(name);
    if (!entrance) this.entrances.set(name, (entrance = { depth: undefined, adding: new Map() }));
    return entrance;
  }
}
