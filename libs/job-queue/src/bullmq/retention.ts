import { RedisScript } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { Lease, QueueSettings } from '../job-queue.js';
import { keepMs, keptBounds, keptBytes, RETENTION_CLASSES, retentionClass, type RetentionClass } from '../retention.js';
import type { QueueHandles } from './queue-handles.js';
import type { QueueRegistry } from './queue-registry.js';
import type { RedisClock } from './redis-clock.js';
import type { StoredBytes, StoredJobData } from './stored-job.js';

const NOTE_KEPT = RedisScript.from(new URL('./scripts/note-kept.lua', import.meta.url));
const PRUNE_KEPT = RedisScript.from(new URL('./scripts/prune-kept.lua', import.meta.url));

/** One step of pruning holds Redis for half a millisecond (measured: 4 us a job). */
const JOBS_PER_STEP = 100;
/** For one queue and class, in one call: with a call a second, about as many jobs as Redis can end in that time. */
const LONGEST_CALL_MS = 400;

/**
 * How long ended jobs stay. BullMQ would remove by age and number whenever a job ends, but with the age of the job that
 * ends: a synchronous one, kept for a minute, would sweep away asynchronous results that are kept for a day. And it knows
 * no bound of bytes. So BullMQ keeps everything (but for what is older than any job may be kept), and every settlement
 * notes its job here, with the time of its removal; `prune` reads the oldest entries.
 *
 * The entry is written **before** the job ends, on the same connection: a settler that dies in between leaves an entry
 * for a job that has not ended, which does no harm, and never an ended job without an entry, which would stay.
 */
export class Retention {
  constructor(
    private readonly redis: Redis,
    private readonly handles: QueueHandles,
    private readonly registry: QueueRegistry,
    private readonly clock: RedisClock,
    private readonly settings: QueueSettings,
  ) {}

  /** When a job that ends now is to be removed, by the queue's clock. */
  removalOf({ keepResultMs }: Pick<StoredJobData, 'keepResultMs'>): number {
    return Math.ceil(this.clock.now() + keepMs(keepResultMs, this.settings));
  }

  /** To be called before the jobs end. All of one queue. */
  async note(queue: string, ending: readonly EndingJob[]): Promise<void> {
    const noted = RETENTION_CLASSES.map(async (kind) => {
      const jobs = ending.filter(({ data }) => retentionClass(data?.keepResultMs) === kind);
      if (jobs.length === 0) return;
      const entries = jobs.flatMap((job) => this.entry(job));
      await NOTE_KEPT.run(this.redis, this.keys(queue, kind), entries);
    });
    await Promise.all([this.know(queue), ...noted]);
  }

  /** What nobody knows of would never be pruned. */
  know(queue: string): Promise<void> {
    return this.registry.note(queue);
  }

  /** Undefined when no settlement noted it: a plain BullMQ worker ended it. */
  async keptUntil(queue: string, jobId: string, { keepResultMs }: StoredJobData): Promise<number | undefined> {
    const times = this.handles.keysOf(queue).kept(retentionClass(keepResultMs), 'times');
    const score = await this.redis.zscore(times, jobId);
    return score === null ? undefined : Number(score);
  }

  async prune(): Promise<number> {
    const queues = await this.registry.list();
    const pruned = queues.flatMap((queue) => RETENTION_CLASSES.map((kind) => this.pruneClass(queue, kind)));
    return (await Promise.all(pruned)).reduce((sum, count) => sum + count, 0);
  }

  private async pruneClass(queue: string, kind: RetentionClass): Promise<number> {
    const queueKeys = this.handles.keysOf(queue);
    const bounds = keptBounds(kind, this.settings);
    const keys = [...this.keys(queue, kind), queueKeys.completed, queueKeys.failed];
    const args = [Math.floor(this.clock.now()), JOBS_PER_STEP, bounds.jobs, bounds.bytes, queueKeys.job('')];
    let pruned = 0;
    const startedAt = performance.now();
    while (performance.now() - startedAt < LONGEST_CALL_MS) {
      const removed = Number(await PRUNE_KEPT.run(this.redis, keys, args));
      pruned += removed;
      if (removed < JOBS_PER_STEP) break;
    }
    return pruned;
  }

  /** The books: times, sizes, sum of the bytes. */
  keys(queue: string, kind: RetentionClass): string[] {
    const keys = this.handles.keysOf(queue);
    return [keys.kept(kind, 'times'), keys.kept(kind, 'sizes'), keys.kept(kind, 'bytes')];
  }

  private entry({ lease, data, result }: EndingJob): (string | number)[] {
    return [lease.jobId, this.removalOf(data ?? {}), keptNote(bytesInside(data?.payload), result)];
  }
}

/** What the books say about a job: the bytes that it holds, and the key of its result if that has one. */
export function keptNote(payloadBytes: number, result: EndingJob['result']): string {
  const isApart = result && 'key' in result.stored;
  const resultBytes = isApart ? result.bytes : bytesInside(result?.stored);
  return `${keptBytes(payloadBytes + resultBytes)} ${isApart ? result.stored.key : ''}`;
}

function bytesInside(stored: StoredBytes | undefined): number {
  if (!stored || 'key' in stored) return 0;
  return 'base64' in stored ? stored.base64.length : stored.bytes;
}

export interface EndingJob {
  readonly lease: Lease;
  /** Undefined when the job is not Sluice's. */
  readonly data: StoredJobData | undefined;
  readonly result?: { readonly stored: StoredBytes; readonly bytes: number } | undefined;
}
