import { randomUUID } from 'node:crypto';
import { messageOf } from '@sluice/contracts';
import type { RedisClient } from './redis-client.js';

/** What Redis answers when a user lacks a right, or when a service has taken the command away. */
const REFUSED = /NOPERM|unknown (?:sub)?command|has no permissions/i;

type Command = readonly [name: string, ...values: string[]];

/**
 * Runs one of each kind of command that Sluice uses, on keys of its own (beside BullMQ's and beside Sluice's) and a channel
 * that nobody else listens to, and removes the keys. To ask Redis instead (`ACL DRYRUN`) takes an administrator.
 *
 * @returns the commands that were refused
 */
export async function refusedCommands(redis: RedisClient, prefix: string): Promise<string[]> {
  const id = `doctor:${randomUUID()}`;
  const places = [`${prefix}:${id}`, `sluice:${prefix}:${id}`] as const;
  const channel = places[1];
  const trials: readonly Command[] = [
    ...places.flatMap(onKeys),
    ['PUBLISH', channel, ''],
    ['SUBSCRIBE', channel],
    ['UNSUBSCRIBE', channel],
    ['EVALSHA', '0'.repeat(40), '0'],
    ['MULTI'],
    ['EXEC'],
    ['TIME'],
    ['INFO', 'server'],
    ['CLIENT|LIST'],
    ['CLIENT|UNBLOCK', '0'],
    ['DEL', ...places.flatMap(keysAt)],
  ];
  const refused = new Set<string>();
  for (const [name, ...values] of trials) if (await isRefused(redis, name, values)) refused.add(name.replace('|', ' '));
  return [...refused];
}

const KINDS = ['string', 'hash', 'list', 'set', 'sorted', 'stream'] as const;

function keysAt(place: string): string[] {
  return KINDS.map((kind) => `${place}:${kind}`);
}

function onKeys(place: string): Command[] {
  const key = (kind: (typeof KINDS)[number]) => `${place}:${kind}`;
  return [
    ['SET', key('string'), '1', 'PX', '60000'],
    ['GET', key('string')],
    ['EXISTS', key('string')],
    ['PEXPIRE', key('string'), '60000'],
    ['HSET', key('hash'), 'field', '1'],
    ['HGETALL', key('hash')],
    ['LPUSH', key('list'), '1'],
    ['SADD', key('set'), '1'],
    ['ZADD', key('sorted'), '1', 'member'],
    ['BZPOPMIN', key('sorted'), '0.01'],
    ['XADD', key('stream'), '*', 'field', '1'],
    ['EVAL', "return redis.call('EXISTS', KEYS[1])", '1', key('string')],
  ];
}

/** What goes wrong otherwise (no memory left, a replica, a script that is not known) is for other checks to say. */
async function isRefused(redis: RedisClient, name: string, values: readonly string[]): Promise<boolean> {
  const [command = '', ...subcommand] = name.split('|');
  try {
    await redis.call(command, ...subcommand, ...values);
    return false;
  } catch (error) {
    return REFUSED.test(messageOf(error));
  }
}
