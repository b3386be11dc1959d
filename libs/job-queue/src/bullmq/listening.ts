import { randomUUID } from 'node:crypto';
import { RedisScript } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import { LISTENING_GRACE_MS } from '../fair-part.js';
import type { QueueHandles } from './queue-handles.js';

/** Nobody removes the set of a queue to which nobody listens any more. */
const KEEP_SETS_MS = 60_000;

const JOIN = RedisScript.from(new URL('./scripts/join.lua', import.meta.url));
const LEAVE = RedisScript.from(new URL('./scripts/leave.lua', import.meta.url));
const COUNT = RedisScript.from(new URL('./scripts/count-listeners.lua', import.meta.url));

export interface Stay {
  readonly keys: readonly string[];
  readonly until: Promise<unknown>;
  /** Known as soon as Redis has said it. */
  endsAt: number | undefined;
}

/**
 * Who listens to which queue, told so that a lease can take its fair part. A process counts from when it begins to wait
 * until it has leased: of four that a burst wakes at once, none may take the first one for the only one. It joins on the
 * connection on which it then blocks, in the same packet, and leaves without anybody waiting for that; what died counts
 * no longer than it would have waited.
 */
export class Listening {
  /** In the sets of those that listen. */
  readonly id = randomUUID();
  private stay: Stay | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
  ) {}

  /** To be followed by the blocking command, on the same connection. */
  join(blocking: Redis, queues: readonly string[], timeoutMs: number): void {
    const keys = queues.map((queue) => this.handles.keysOf(queue).listening);
    const gone = this.stay?.keys.some((key) => !keys.includes(key));
    if (gone) this.leave();
    const forMs = Math.ceil(timeoutMs) + LISTENING_GRACE_MS;
    // Sent whole: one that Redis does not know would be sent again only after the blocking command.
    const until = JOIN.runWhole(blocking, keys, [this.id, forMs, KEEP_SETS_MS]);
    const stay: Stay = { keys, until, endsAt: undefined };
    // The blocking command says what is wrong.
    until.then((at) => (stay.endsAt = Number(at))).catch(() => {});
    this.stay = stay;
  }

  /** The stay that a lease ends: by itself where it is known until when it counts. */
  get present(): Stay | undefined {
    return this.stay;
  }

  leave(): void {
    this.end(this.stay, { hasLeft: false });
  }

  /** @param hasLeft whether Redis has been told */
  end(stay: Stay | undefined, { hasLeft }: { readonly hasLeft: boolean }): void {
    // A later one goes on.
    if (!stay || this.stay !== stay) return;
    this.stay = undefined;
    if (hasLeft) return;
    stay.until.then((until) => LEAVE.run(this.redis, stay.keys, [this.id, Number(until)])).catch(() => {});
  }

  async count(queue: string): Promise<{ readonly waiting: number; readonly listening: number }> {
    const { wait, prioritized, delayed, listening: set } = this.handles.keysOf(queue);
    const answer = await COUNT.run(this.redis, [wait, prioritized, delayed, set], [this.id]);
    const [waiting = 0, listening = 0] = Array.isArray(answer) ? answer.map(Number) : [];
    return { waiting, listening };
  }
}
