import type { Commands, RedisFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

/** What a crash of Redis takes along of what was accepted. */
export function checkDurability({ info, config }: Pick<RedisFacts, 'info' | 'config'>, { redisCli }: Commands) {
  return [...judgeLog(info, config?.get('appendfsync'), redisCli), ...judgeDisk(info, redisCli)];
}

function judgeLog(info: RedisFacts['info'], fsync: string | undefined, redisCli: string): Finding[] {
  const enabled = info.get('aof_enabled');
  if (enabled === undefined)
    return [
      warning(
        'whether Redis keeps an append-only file could not be read',
        "look for `appendonly` in your provider's settings: `yes`, with `appendfsync everysec` or `always`",
      ),
    ];
  if (enabled !== '1')
    return [
      warning(
        'there is no append-only file: a crash of Redis loses all that was accepted since its last snapshot, if it makes any',
        `${redisCli} CONFIG SET appendonly yes    # and in redis.conf, or your provider's settings`,
      ),
    ];
  switch (fsync) {
    case 'always':
      return [ok('append-only file with appendfsync always: a crash of Redis loses nothing that was accepted')];
    case 'everysec':
      return [
        ok('append-only file with appendfsync everysec: a crash of its machine loses about a second of requests'),
      ];
    case undefined:
      return [
        warning(
          'there is an append-only file; when it is written to the disk could not be read (CONFIG GET is forbidden)',
          "look for `appendfsync` in your provider's settings: `everysec` loses about a second at a crash, `always` nothing",
        ),
      ];
    default:
      return [
        warning(
          `appendfsync is ${fsync}: a crash of its machine loses what the system had not written yet, some 30 s`,
          `${redisCli} CONFIG SET appendfsync everysec`,
        ),
      ];
  }
}

/** A Redis that cannot write to its disk refuses commands, or keeps nothing. */
function judgeDisk(info: RedisFacts['info'], redisCli: string): Finding[] {
  const writes = [
    ['aof_last_write_status', 'append-only file'],
    ['aof_last_bgrewrite_status', 'rewritten append-only file'],
    ['rdb_last_bgsave_status', 'snapshot'],
  ] as const;
  return writes
    .filter(([field]) => info.get(field) === 'err')
    .map(([, what]) =>
      fault(
        `Redis could not write its ${what}: its disk is full or not writable`,
        `${redisCli} CONFIG GET dir    # look at the space left there, and at Redis' log`,
      ),
    );
}
