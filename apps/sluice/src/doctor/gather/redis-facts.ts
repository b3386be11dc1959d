import { redisConnection } from '@sluice/redis-connection';
import { messageOf } from '@sluice/contracts';
import { withoutPassword } from '../../up/address-table.js';
import type { RedisFacts } from '../facts.js';
import type { RedisClient } from './redis-client.js';
import { parseInfo } from './redis-info.js';
import { refusedCommands } from './trial-commands.js';

const PINGS = 50;
/** Longer than any of this takes on a Redis that can be worked with. */
const LIMIT_MS = 15_000;
const PARAMETERS = ['appendfsync', 'timeout', 'client-output-buffer-limit'] as const;

/** @returns why Redis cannot be asked, when it cannot */
export async function gatherRedis(redisUrl: string, prefix: string): Promise<RedisFacts | string> {
  // The first failure is what connect throws; those of later attempts say the same.
  const redis = redisConnection(redisUrl, 'doctor', () => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `Redis at ${withoutPassword(redisUrl)} does not answer within ${LIMIT_MS / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), LIMIT_MS);
  });
  try {
    return await Promise.race([ask(redis, redisUrl, prefix), late]);
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

async function ask(redis: RedisClient, redisUrl: string, prefix: string): Promise<RedisFacts> {
  await redis.connect();
  const info = await redis.info().then(parseInfo, () => new Map<string, string>());
  return {
    address: withoutPassword(redisUrl),
    info,
    config: await readConfig(redis),
    user: decodeURIComponent(new URL(redisUrl).username) || 'default',
    prefix,
    // A replica refuses the trials, and its role is what has to be put right.
    denied: info.get('role') === 'slave' ? [] : await refusedCommands(redis, prefix),
    clockOffsetMs: await clockOffset(redis),
    pingsMs: await ping(redis),
  };
}

async function readConfig(redis: RedisClient): Promise<RedisFacts['config']> {
  const config = new Map<string, string>();
  try {
    for (const parameter of PARAMETERS) {
      const [, value] = (await redis.call('CONFIG', 'GET', parameter)) as string[];
      if (value !== undefined) config.set(parameter, value);
    }
    return config;
  } catch {
    // Managed services and frugal rights forbid it: the checks say what to look for instead.
    return undefined;
  }
}

/** As precise as half a round trip; 0 where the user may not ask. */
async function clockOffset(redis: RedisClient): Promise<number> {
  const before = Date.now();
  const time = await redis.time().catch(() => undefined);
  const middle = (before + Date.now()) / 2;
  return time ? Number(time[0]) * 1000 + Number(time[1]) / 1000 - middle : 0;
}

async function ping(redis: RedisClient): Promise<number[]> {
  const took: number[] = [];
  while (took.length < PINGS) {
    const startedAt = performance.now();
    await redis.ping();
    took.push(performance.now() - startedAt);
  }
  return took;
}
