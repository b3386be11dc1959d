import { spawnSync } from 'node:child_process';
import type { TryLauncher } from './bind-seats.js';

const TIMEOUT_MS = 5_000;

export const tryLauncher: TryLauncher = ([program = '', ...args]) => {
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS } as const;
  const { error, status, stderr } = spawnSync(program, [...args, process.execPath, '--version'], options);
  if (error) return 'code' in error && error.code === 'ENOENT' ? 'not installed' : error.message;
  if (status === 0) return undefined;
  const [complaint = ''] = stderr.trim().split('\n');
  return complaint.replace(`${program}: `, '') || 'does not work here';
};
