import type { MachineFacts } from '../facts.js';
import { ok, warning, type Finding } from '../finding.js';

/** Libraries, logs, and connections to Redis. */
const BESIDE_CONNECTIONS = 200;

/** Every connection is an open file. */
export function checkOpenFiles({
  openFiles,
  maxConnections,
}: Pick<MachineFacts, 'openFiles' | 'maxConnections'>): Finding[] {
  if (openFiles === undefined)
    return [warning('the limit of open files could not be read', 'ulimit -n    # above SLUICE_MAX_CONNECTIONS')];
  const needed = maxConnections + BESIDE_CONNECTIONS;
  if (openFiles >= needed) return [ok(`${openFiles} files may be open`)];
  return [
    warning(
      `${openFiles} files may be open, fewer than the ${maxConnections} connections of SLUICE_MAX_CONNECTIONS need`,
      `ulimit -n ${needed}    # before the API is started; systemd: LimitNOFILE=`,
    ),
  ];
}
