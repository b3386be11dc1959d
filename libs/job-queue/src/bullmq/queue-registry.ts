import type { Redis } from 'ioredis';
import { registryKey } from './keys.js';

/** Said again after so long: what Redis lost, or another process removed, is known again. */
const REPEAT_MS = 60_000;

/** Which queues there are: a set that each process adds to when it puts something into a queue, not for every job. */
export class QueueRegistry {
  private readonly saidAt = new Map<string, number>();

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Without a round trip of its own: what is sent after it, on the same connection, comes after it. */
  async note(queue: string): Promise<void> {
    const now = performance.now();
    if (now - (this.saidAt.get(queue) ?? -Infinity) < REPEAT_MS) return;
    this.saidAt.set(queue, now);
    try {
      await this.redis.sadd(registryKey(this.prefix), queue);
    } catch (error) {
      this.saidAt.delete(queue);
      throw error;
    }
  }

  list(): Promise<string[]> {
    return this.redis.smembers(registryKey(this.prefix));
  }

  async remove(queue: string): Promise<void> {
    this.saidAt.delete(queue);
    await this.redis.srem(registryKey(this.prefix), queue);
  }
}
