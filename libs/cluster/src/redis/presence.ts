import type { Redis } from 'ioredis';
import type { WorkerReport } from '../cluster.js';
import type { ClusterKeys } from './keys.js';

/** Three chances to be heard before others think that a worker is gone. */
const BEATS_PER_PRESENCE = 3;

/** Keeps this process' report alive in Redis, and reads everybody's. */
export class Presence {
  private report: WorkerReport | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
    private readonly presenceMs: number,
    private readonly onError: (error: Error) => void,
  ) {
    // Who was cut off says that it is back before the others hear of what it leases.
    redis.on('ready', () => this.beat());
  }

  async join(report: WorkerReport): Promise<void> {
    this.report = report;
    this.timer ??= setInterval(() => this.beat(), this.presenceMs / BEATS_PER_PRESENCE).unref();
    await this.write(report);
  }

  async leave(): Promise<void> {
    this.stop();
    const { report } = this;
    this.report = undefined;
    if (!report) return;
    const { id } = report;
    await this.redis
      .multi()
      .del(this.keys.worker(id), this.keys.load(id))
      .srem(this.keys.workers, id)
      .srem(this.keys.paused, id)
      .exec();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  async list(): Promise<WorkerReport[]> {
    const ids = await this.redis.smembers(this.keys.workers);
    if (ids.length === 0) return [];
    const reports = await this.redis.mget(ids.map((id) => this.keys.worker(id)));
    const gone = ids.filter((_, index) => reports[index] === null);
    if (gone.length > 0) await this.redis.srem(this.keys.workers, ...gone);
    return reports.flatMap((report) => (report === null ? [] : [JSON.parse(report) as WorkerReport]));
  }

  /** Usually a renewal of the expiry; the whole report when it had expired (we were cut off), or Redis lost it. */
  private beat(): void {
    const { report } = this;
    // A beat that waits for a reconnect would come too late to be true.
    if (!report || this.redis.status !== 'ready') return;
    // Into the set every time: who lists the workers while our key has expired takes us out of it, perhaps after we are back.
    this.redis
      .multi()
      .pexpire(this.keys.worker(report.id), this.presenceMs)
      .sadd(this.keys.workers, report.id)
      .exec()
      .then((answers) => (answers?.[0]?.[1] === 1 || report !== this.report ? undefined : this.write(report)))
      .catch(this.onError);
  }

  private async write(report: WorkerReport): Promise<void> {
    await this.redis
      .multi()
      .set(this.keys.worker(report.id), JSON.stringify(report), 'PX', this.presenceMs)
      .sadd(this.keys.workers, report.id)
      .exec();
  }
}
