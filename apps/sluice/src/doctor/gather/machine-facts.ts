import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import type { MachineFacts } from '../facts.js';

export function gatherMachine(maxConnections: number): MachineFacts {
  return { node: process.versions.node, openFiles: openFiles(), maxConnections, memoryBytes: totalmem() };
}

/** Of a child of ours, as the API would be: Node raises the limit as far as it may, and passes it on. */
function openFiles(): number | undefined {
  if (process.platform === 'win32') return Infinity;
  try {
    const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    return limit === 'unlimited' ? Infinity : Number(limit);
  } catch {
    return undefined;
  }
}
