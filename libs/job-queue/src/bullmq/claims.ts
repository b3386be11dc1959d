import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Claim } from '../job-record.js';
import { claimKey } from './keys.js';

const claimSchema = z.object({ queue: z.string(), jobId: z.string(), fingerprint: z.string() });

/** What keys stand for: one string each, which the first to set it decides and which expires by itself. */
export class Claims {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  async claim(key: string, claim: Claim, forMs: number, instead?: Claim): Promise<Claim> {
    const redisKey = claimKey(this.prefix, key);
    if (instead && (await this.read(redisKey))?.jobId === instead.jobId) await this.redis.unlink(redisKey);
    await this.redis.set(redisKey, JSON.stringify(claim), 'PX', Math.ceil(forMs), 'NX');
    // An earlier one that expired between the two commands left the key to nobody: the claim is ours.
    return (await this.read(redisKey)) ?? claim;
  }

  private async read(redisKey: string): Promise<Claim | undefined> {
    const text = await this.redis.get(redisKey);
    return text === null ? undefined : claimSchema.parse(JSON.parse(text));
  }
}
