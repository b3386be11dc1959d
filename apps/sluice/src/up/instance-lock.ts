import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../usage-error.js';

/**
 * One cluster for each copy of the repository: two would share the logs and the Redis data.
 *
 * The lock is a file with our pid. A file whose process is gone was left by a cluster that was killed.
 *
 * @returns gives the lock back
 * @throws UsageError when a cluster runs already
 */
export function acquireInstanceLock(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder))
      throw new UsageError(
        `a cluster of this folder runs already, as process ${holder}.\n` +
          `Stop it first (Ctrl-C in its terminal, or \`kill ${holder}\`). If ${holder} is something else, delete ${file}.`,
      );
    rmSync(file, { force: true });
  }
}

function readHolder(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
