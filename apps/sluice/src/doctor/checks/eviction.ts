import type { Commands, RedisFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

/** A queue in a store that throws keys away loses jobs that were accepted, and nobody hears of it. */
export function checkEviction({ info }: Pick<RedisFacts, 'info'>, { redisCli }: Commands): Finding[] {
  const policy = info.get('maxmemory_policy');
  if (policy === 'noeviction') return [ok('maxmemory-policy is noeviction: what was accepted is not thrown away')];
  if (policy === undefined)
    return [
      warning(
        'maxmemory-policy could not be read',
        "look for `maxmemory-policy` in your provider's settings: it must be noeviction",
      ),
    ];
  return [
    fault(
      `maxmemory-policy is ${policy}: when its memory is full Redis throws jobs away that were accepted`,
      `${redisCli} CONFIG SET maxmemory-policy noeviction    # and in redis.conf, or your provider's settings`,
    ),
  ];
}
