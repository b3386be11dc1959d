import { RedisScript } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { QueueKeys } from './keys.js';
import { LEVEL_SCORES } from './levels.js';

/** One step holds Redis for about a millisecond. */
const JOBS_PER_STEP = 100;
const STEPS_PER_CALL = 10;

const RAISE = RedisScript.from(new URL('./scripts/raise.lua', import.meta.url));

export async function raiseJobs(redis: Redis, keys: QueueKeys, since: number): Promise<number> {
  let raised = 0;
  for (let step = 0; step < STEPS_PER_CALL; step++) {
    const args = [since, JOBS_PER_STEP, keys.job(''), LEVEL_SCORES];
    const inThisStep = Number(await RAISE.run(redis, [keys.prioritized], args));
    raised += inThisStep;
    if (inThisStep < JOBS_PER_STEP) break;
  }
  return raised;
}
