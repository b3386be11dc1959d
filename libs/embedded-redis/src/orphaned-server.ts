import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

/** Where a server with a data directory writes its process id. Redis removes the file when it ends in order. */
export function pidFile(dataDir: string): string {
  return join(dataDir, 'redis.pid');
}

/**
 * Ends a server that still writes to this data directory: two of them would destroy its append-only file. There is one
 * when the process that started it was killed a moment ago, see `orphan-guard.ts`.
 *
 * @throws Error when it does not end
 */
export async function stopOrphanedServer(dataDir: string): Promise<void> {
  const pid = readPid(pidFile(dataDir));
  if (pid === undefined || !isRedis(pid)) return;
  process.kill(pid, 'SIGTERM');
  // Not our child: no event says that it ended.
  for (const start = Date.now(); isRedis(pid); await delay(20))
    if (Date.now() - start > PATIENCE_MS) throw new Error(`the Redis server ${pid} uses ${dataDir} and does not end`);
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The pid may have been given to another process since: only a Redis may be ended. */
function isRedis(pid: number): boolean {
  return /redis|valkey/.test(commandLineOf(pid));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // No such process, or a system without /proc. A slim container has /proc and no ps; macOS the other way round.
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}
