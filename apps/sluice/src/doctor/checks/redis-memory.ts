import type { Commands, RedisFacts } from '../facts.js';
import { fault, ok, warning, type Finding } from '../finding.js';
import { inBytes } from '../in-bytes.js';

const MUCH = 0.8;
const FULL = 0.95;
/** What to leave to the system and to the copy on write of a snapshot. */
const SHARE_OF_SYSTEM = 0.75;

/** Whether Redis ends with an error that clients are told, or with the system killing it. */
export function checkRedisMemory({ info }: Pick<RedisFacts, 'info'>, { redisCli }: Commands): Finding[] {
  const used = Number(info.get('used_memory'));
  const most = Number(info.get('maxmemory'));
  const system = Number(info.get('total_system_memory') ?? 0);
  if (!Number.isFinite(used) || !Number.isFinite(most))
    return [warning('how much memory Redis has could not be read', 'look for `maxmemory` in your provider’s settings')];
  if (most === 0) {
    const bound = system > 0 ? String(Math.floor(system * SHARE_OF_SYSTEM)) : '<bytes>';
    return [
      warning(
        `maxmemory is not set (${inBytes(used)} in use): the system kills a Redis that takes too much, with all it holds`,
        `${redisCli} CONFIG SET maxmemory ${bound}`,
      ),
    ];
  }
  const message = `Redis uses ${inBytes(used)} of ${inBytes(most)}`;
  if (used < most * MUCH) return [ok(message)];
  const fix = `${redisCli} CONFIG SET maxmemory ${Math.ceil(most * 2)}    # or keep results for a shorter time: SLUICE_KEEP_RESULTS_MS`;
  if (used < most * FULL) return [warning(`${message}: when it is full, requests are refused`, fix)];
  return [fault(`${message}: requests are refused, or will be in a moment`, fix)];
}
