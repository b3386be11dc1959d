import { createRedisBackend, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { offersKey, QueueKeys } from './keys.js';

/** What BullMQ offers for one queue; Sluice takes jobs by hand, so that the worker never runs its own loop. */
export interface QueueHandle {
  readonly queue: Queue;
  readonly keys: QueueKeys;
  /** BullMQ's worker of one holder; its name is what BullMQ notes as `processedBy`. */
  worker(holder: string): Worker;
}

interface OpenHandle extends QueueHandle {
  close(): Promise<void>;
}

/** BullMQ would open a blocking connection per worker; ours waits on all queues with one. */
const withoutBlockingConnection: typeof createRedisBackend = (name, options) => createRedisBackend(name, options);

/** BullMQ's objects, made when a queue is first used, on one shared connection. */
export class QueueHandles {
  private readonly handles = new Map<string, OpenHandle>();

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly leaseMs: number,
    private readonly onError: (error: Error) => void,
  ) {}

  of(name: string): QueueHandle {
    let handle = this.handles.get(name);
    if (!handle) this.handles.set(name, (handle = this.open(name)));
    return handle;
  }

  /** The keys of a queue, without opening it: also of one that may not exist. */
  keysOf(name: string): QueueKeys {
    return this.handles.get(name)?.keys ?? new QueueKeys(this.prefix, name);
  }

  get offersKey(): string {
    return offersKey(this.prefix);
  }

  /** Sets a queue's marker, as BullMQ does when it adds a job: one waiting worker wakes. */
  async wake(name: string): Promise<void> {
    await this.redis.zadd(this.of(name).keys.marker, 0, '0');
  }

  /** Closes what is open of a queue that is gone. */
  async forget(name: string): Promise<void> {
    const handle = this.handles.get(name);
    this.handles.delete(name);
    await handle?.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.handles.values()].map((handle) => handle.close()));
  }

  private open(name: string): OpenHandle {
    // The events stream carries every return value: keep it short.
    const streams = { events: { maxLen: 1000 } };
    const queue = new Queue(name, { connection: this.redis, prefix: this.prefix, streams });
    queue.on('error', this.onError);
    const byHolder = new Map<string, Worker>();
    return {
      queue,
      keys: new QueueKeys(this.prefix, name),
      worker: (holder) => {
        let worker = byHolder.get(holder);
        if (!worker) byHolder.set(holder, (worker = this.openWorker(name, holder)));
        return worker;
      },
      close: async () => {
        await Promise.all([...byHolder.values()].map((worker) => worker.close(true)));
        await queue.close();
      },
    };
  }

  private openWorker(name: string, holder: string): Worker {
    const worker = new Worker(
      name,
      null,
      {
        connection: this.redis,
        prefix: this.prefix,
        name: holder,
        autorun: false,
        lockDuration: this.leaseMs,
        // Recovery is Sluice's own sweep; BullMQ's would count a killed worker against the job.
        skipStalledCheck: true,
      },
      withoutBlockingConnection,
    );
    worker.on('error', this.onError);
    return worker;
  }
}
