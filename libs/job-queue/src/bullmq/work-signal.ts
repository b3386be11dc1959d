import type { Redis } from 'ioredis';
import type { WaitOptions } from '../job-queue.js';
import type { Listening } from './listening.js';
import type { QueueHandles } from './queue-handles.js';

/**
 * Waits until work may be there: BullMQ puts a member into a queue's marker set when it adds a job, and again when a
 * job is taken while more wait. One blocking command watches the markers of all queues.
 */
export class WorkSignal {
  private connectionId: Promise<number> | undefined;

  /** `blocking` is used for nothing else; `redis` interrupts it. */
  constructor(
    private readonly blocking: Redis,
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
    private readonly listening: Listening,
  ) {
    blocking.on('ready', () => {
      this.connectionId = blocking.client('ID');
      this.connectionId.catch(() => {});
    });
  }

  /** Answers the queue whose marker it took, or that was offered. */
  async wait(
    queues: readonly string[],
    timeoutMs: number,
    { signal, offers = false }: WaitOptions,
  ): Promise<string | undefined> {
    if (signal?.aborted) return undefined;
    const markers = queues.map((queue) => this.handles.keysOf(queue).marker);
    // Asked about last: an own queue goes before another's.
    const keys = offers ? [...markers, this.handles.offersKey] : markers;
    const interrupt = () => void this.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      this.listening.join(this.blocking, queues, timeoutMs);
      const popped = await this.blocking.bzpopmin(...keys, Math.max(timeoutMs, 1) / 1000);
      if (!popped) return undefined;
      const [key, member] = popped;
      return key === this.handles.offersKey ? member : queues[markers.indexOf(key)];
    } catch (error) {
      // Closed by `stop`, or interrupted: either way the caller looks for itself.
      if (this.blocking.status === 'ready' && !isUnblocked(error)) throw error;
      return undefined;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      if (signal?.aborted) this.listening.leave();
    }
  }

  private async interrupt(): Promise<void> {
    const id = await this.connectionId?.catch(() => undefined);
    if (id !== undefined && this.redis.status === 'ready') await this.redis.client('UNBLOCK', id).catch(() => {});
  }
}

function isUnblocked(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('UNBLOCKED');
}
