import type { Redis } from 'ioredis';
import type { NewJob } from '../job-queue.js';
import type { JobAddress } from '../job-record.js';
import { ownedKey } from './keys.js';
import type { RedisClock } from './redis-clock.js';

/** The newest so many of an owner are remembered. */
const MAX_LISTED = 10_000;

/** Whose job is which: a list of addresses for each owner, which knows nothing of their states and may name gone ones. */
export class Ownership {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly clock: RedisClock,
  ) {}

  /** To be called before the jobs are added, so that no job is missing in its list. */
  async note(queue: string, jobs: readonly NewJob[]): Promise<void> {
    await Promise.all(jobs.filter(({ owner }) => owner !== undefined).map((job) => this.noteOne(queue, job)));
  }

  async list(owner: string, offset: number, max: number): Promise<JobAddress[]> {
    const members = await this.redis.zrevrange(ownedKey(this.prefix, owner), offset, offset + max - 1);
    return members.map((member) => {
      const [queue = '', jobId = ''] = member.split(' ');
      return { queue, jobId };
    });
  }

  private async noteOne(queue: string, { id, owner = '', expiresAt, keepResultMs = 0 }: NewJob): Promise<void> {
    const key = ownedKey(this.prefix, owner);
    const now = Math.floor(this.clock.now());
    await Promise.all([
      this.redis.zadd(key, 'NX', now, `${queue} ${id}`),
      this.redis.zremrangebyrank(key, 0, -MAX_LISTED - 1),
      // Nothing that is listed outlives the newest.
      this.redis.pexpire(key, Math.max(1, Math.ceil(expiresAt + keepResultMs - now))),
    ]);
  }
}
