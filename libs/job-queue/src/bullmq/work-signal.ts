import type { Redis } from 'ioredis';

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
  ) {
    blocking.on('ready', () => {
      this.connectionId = blocking.client('ID');
      this.connectionId.catch(() => {});
    });
  }

  async wait(markers: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const interrupt = () => void this.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await this.blocking.bzpopmin(...markers, Math.max(timeoutMs, 1) / 1000);
    } catch (error) {
      // Closed by `stop`, or interrupted: either way the caller looks for itself.
      if (this.blocking.status === 'ready' && !isUnblocked(error)) throw error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
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
