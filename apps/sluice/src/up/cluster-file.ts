import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './instance-lock.js';

const FILE = join('.sluice', 'cluster.json');

/** What other commands have to know of a cluster that runs: its own Redis is on another port each time. */
export interface RunningCluster {
  readonly pid: number;
  readonly redisUrl: string;
}

/** @returns takes the note back */
export function noteCluster(root: string, redisUrl: string): () => void {
  const file = join(root, FILE);
  writeFileSync(file, JSON.stringify({ pid: process.pid, redisUrl } satisfies RunningCluster), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The cluster that `sluice up` runs from this folder; undefined when none does that has a Redis of its own. */
export function runningCluster(root: string): RunningCluster | undefined {
  try {
    const noted = JSON.parse(readFileSync(join(root, FILE), 'utf8')) as RunningCluster;
    // One that was killed has left its note.
    return isAlive(noted.pid) ? noted : undefined;
  } catch {
    return undefined;
  }
}
