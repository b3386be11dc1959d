import { RedisScript } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { QueueKeys } from './keys.js';
import { endOfLevel } from './levels.js';

/** All of a queue of this length are looked at, and of a longer one so many: their mean stands for the others. */
const SAMPLE = 64;

const BACKLOG = RedisScript.from(new URL('./scripts/backlog.lua', import.meta.url));

export interface BacklogReading {
  readonly waiting: number;
  readonly bytes: number;
  readonly paused: boolean;
  /** For each level that was asked about. */
  readonly ahead: ReadonlyMap<number, number>;
}

/** One round trip, however long the queue is. */
export async function readBacklog(redis: Redis, keys: QueueKeys, levels: readonly number[]): Promise<BacklogReading> {
  const answer = await BACKLOG.run(
    redis,
    [keys.wait, keys.prioritized, keys.delayed, keys.meta],
    [SAMPLE, keys.job(''), keys.payload(''), ...levels.map(endOfLevel)],
  );
  const [waiting = 0, bytes = 0, paused = 0, ...ahead] = numbersOf(answer);
  return {
    waiting,
    bytes,
    paused: paused === 1,
    ahead: new Map(levels.map((level, index) => [level, ahead[index] ?? 0])),
  };
}

function numbersOf(answer: unknown): number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}
