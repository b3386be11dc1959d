import type { MachineFacts } from '../facts.js';
import { fault, ok, type Finding } from '../finding.js';

const OLDEST = [20, 19] as const;

export function checkNodeVersion({ node }: Pick<MachineFacts, 'node'>): Finding[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [ok(`Node ${node}`)];
  return [fault(`Node ${node} is too old: Sluice needs ${OLDEST.join('.')} or newer`, 'nvm install 24')];
}
