import type { ModelProfile, ModelRef } from '@sluice/contracts';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ClusterKeys } from './keys.js';
import { parseJson } from './parse-json.js';

const modelProfile: z.ZodType<ModelProfile> = z.object({
  model: z.string(),
  version: z.string(),
  deviceKind: z.string(),
  fingerprint: z.string(),
  buckets: z.record(z.string(), z.array(z.object({ rows: z.number().positive(), ms: z.number().nonnegative() }))),
  bestBatch: z.record(z.string(), z.number().positive()),
  attempts: z.number().nonnegative(),
  measuredAt: z.number(),
});

/**
 * Keeps a profile unless a newer one is there. What cannot be read is replaced.
 *
 * KEYS  1 hash of the version   ARGV  1 kind of device   2 the profile   3 when it was measured
 */
const SAVE = `
local isProfile, before = pcall(cjson.decode, redis.call('HGET', KEYS[1], ARGV[1]) or '')
local measuredAt = isProfile and type(before) == 'table' and tonumber(before.measuredAt)
if measuredAt and measuredAt > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`;

/** What the versions cost on each kind of device, for as long as there is Redis. */
export class ProfileStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
  ) {}

  async save(profile: ModelProfile): Promise<void> {
    const key = this.keys.profiles(profile);
    await this.redis.eval(SAVE, 1, key, profile.deviceKind, JSON.stringify(profile), profile.measuredAt);
  }

  async of(ref: ModelRef): Promise<ModelProfile[]> {
    const stored = await this.redis.hvals(this.keys.profiles(ref));
    return stored.flatMap((json) => parseJson(modelProfile, json) ?? []);
  }
}
