import { spawnSync } from 'node:child_process';
import { compiledRedisPath } from './compile-redis.js';
import type { RedisBinary } from './redis-binary.js';

/** BullMQ asks for 6.2 or later. */
const OLDEST = [6, 2] as const;

/**
 * Finds a Redis server: on the PATH, or one that `installRedis` has put there or compiled. Each candidate is asked for
 * its version, so what is returned has run once on this machine.
 *
 * @param root the repository's root, below which a compiled server is kept
 */
export function locateRedis(root: string): RedisBinary | undefined {
  return (
    probe({ command: 'redis-server' }) ??
    probe({ command: 'valkey-server' }) ??
    probe({ command: compiledRedisPath(root) }) ??
    // Debian's package redis-tools holds the whole server under another name (redis-server is a symbolic link to it in
    // a second package, which starts a service): the program looks at argv[0] to know what it should be.
    probe({ command: 'redis-check-rdb', argv0: 'redis-server' })
  );
}

function probe(candidate: Omit<RedisBinary, 'version'>): RedisBinary | undefined {
  const { command, argv0 } = candidate;
  const { stdout } = spawnSync(command, ['--version'], { argv0: argv0 ?? command, encoding: 'utf8', timeout: 10_000 });
  const version = parseServerVersion(stdout ?? '');
  return version === undefined ? undefined : { ...candidate, version };
}

/**
 * @param text what `redis-server --version` prints
 * @returns `Redis 7.0.15`; undefined when it is no server, or too old a one
 */
export function parseServerVersion(text: string): string | undefined {
  const match = /^(Redis|Valkey)(?: server)? v=(\d+)\.(\d+)(\S*)/.exec(text);
  if (!match) return undefined;
  const [, product, major, minor, rest] = match;
  const isTooOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  return isTooOld ? undefined : `${product} ${major}.${minor}${rest}`;
}
