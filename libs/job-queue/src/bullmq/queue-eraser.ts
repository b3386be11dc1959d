import type { Redis } from 'ioredis';
import { RETENTION_CLASSES } from '../retention.js';
import type { QueueHandles } from './queue-handles.js';
import type { QueueRegistry } from './queue-registry.js';

const KEYS_AT_ONCE = 500;

/** Removes a queue with everything that belongs to it: BullMQ's keys through BullMQ, then Sluice's own beside them. */
export class QueueEraser {
  constructor(
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
    private readonly registry: QueueRegistry,
  ) {}

  async erase(name: string): Promise<void> {
    const { queue, keys } = this.handles.of(name);
    // Opening a queue writes to it: not after it is gone.
    await queue.waitUntilReady();
    const beside = await this.keysBeside(name);
    await queue.obliterate({ force: true });
    for (let start = 0; start < beside.length; start += KEYS_AT_ONCE) {
      await this.redis.unlink(...beside.slice(start, start + KEYS_AT_ONCE));
    }
    await this.redis.unlink(keys.listening, ...this.books(name));
    await this.registry.remove(name);
    await this.handles.forget(name);
  }

  /** Payloads of what has not ended, results of what has. */
  private async keysBeside(name: string): Promise<string[]> {
    const keys = this.handles.keysOf(name);
    const listed = [this.redis.lrange(keys.wait, 0, -1), this.redis.lrange(keys.active, 0, -1)];
    const sorted = [this.redis.zrange(keys.prioritized, 0, '-1'), this.redis.zrange(keys.delayed, 0, '-1')];
    const kept = RETENTION_CLASSES.map((kind) => this.redis.hvals(keys.kept(kind, 'sizes')));
    const [ids, notes] = await Promise.all([Promise.all([...listed, ...sorted]), Promise.all(kept)]);
    const payloads = ids.flat().map((id) => keys.payload(id));
    // As Retention notes them: "<bytes> <key of the result>".
    const results = notes.flat().map((note) => note.slice(note.indexOf(' ') + 1));
    return [...payloads, ...results.filter(Boolean)];
  }

  private books(name: string): string[] {
    const keys = this.handles.keysOf(name);
    return RETENTION_CLASSES.flatMap((kind) =>
      (['times', 'sizes', 'bytes'] as const).map((book) => keys.kept(kind, book)),
    );
  }
}
