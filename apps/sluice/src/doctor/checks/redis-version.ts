import type { RedisFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';

/** BullMQ asks for it. */
const OLDEST = [6, 2] as const;

export function checkRedisVersion({ info, address }: Pick<RedisFacts, 'info' | 'address'>): Finding[] {
  // Valkey gives the version of the Redis that it is compatible with under Redis' own name.
  const version = info.get('redis_version');
  if (version === undefined)
    return [warning('the version of Redis could not be read', `it must be ${OLDEST.join('.')} or newer`)];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  const valkey = info.get('valkey_version');
  const name = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
  if (isNewEnough) return [ok(`${name} answers at ${address}`)];
  return [fault(`${name} is too old: Sluice needs ${OLDEST.join('.')} or newer`, 'install a newer Redis or Valkey')];
}
