import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterProcess } from '@sluice/local-cluster';
import { readEvents } from '../../harness/log-events.js';
import { sumJob, type OwnBacklog, type SumJob } from '../../harness/own-backlog.js';
import type { Cause } from './causes.js';
import { DECOY, HANGS, WORK } from './models.js';

/** Jobs that the first worker holds and has not started: one batch. */
const HELD = 8;
/** Of the run that it is busy with, where that is to take long. */
const LONG_ROWS = 30;
const POLL_MS = 10;

interface WorkRun {
  readonly model: string;
  readonly rows: number;
  readonly startedAt: number;
}

interface HandOffEvent {
  readonly handOff: readonly string[];
}

/** Who takes part in a measurement. */
export interface Parties {
  readonly first: ClusterProcess;
  readonly second: ClusterProcess;
  /** Its queue: what the first worker is given. */
  readonly backlog: OwnBacklog;
  /** The queue of the model that only the second worker has. */
  readonly decoy: OwnBacklog;
  /** Teaches the first worker what a run costs. */
  readonly lessons: OwnBacklog;
}

/**
 * Lets the first worker hold jobs that it has not started, and measures how long after the cause all of them are in a run
 * of the second.
 *
 * Both jobs that can run together and one that cannot, which is the first to expire, are put at once while the second
 * worker is busy and the first stands still: it then takes them all, runs the odd one, and holds the others.
 *
 * @returns milliseconds, or who ran what when the first worker was given something else to hold: then nothing was measured
 */
export async function measureHandOff(parties: Parties, cause: Cause): Promise<number | string> {
  const { first, second, backlog, decoy, lessons } = parties;
  await learn(lessons, [1, 1]);
  await cause.prepare();
  await decoy.put([decoyJob()]);
  await decoy.taken();
  const putAt = Date.now();
  signal(first, 'SIGSTOP');
  try {
    await backlog.put([oddJob(cause), ...Array.from({ length: HELD }, () => sumJob(WORK, [[0, 1]]))]);
  } finally {
    signal(first, 'SIGCONT');
  }
  await backlog.taken();
  const struckAt = await cause.strike();
  await backlog.settled();
  await decoy.settled();
  await cause.end();
  await untilTakesWork(first, putAt);
  const [busyWith, ...others] = runsSince(first, putAt);
  const elsewhere = runsSince(second, putAt);
  const rows = elsewhere.reduce((sum, each) => sum + each.rows, 0);
  if (!busyWith || others.length > 0 || rows !== HELD) return `${told(first, putAt)}, ${told(second, putAt)}`;
  return Math.max(...elsewhere.map(({ startedAt }) => startedAt)) - (struckAt ?? busyWith.startedAt);
}

/** Runs of so many rows, one after the other. */
export async function learn(lessons: OwnBacklog, rows: readonly number[]): Promise<void> {
  for (const count of rows) await run(lessons, sumJob(WORK, narrow(count)));
}

/** Resolves when it has been answered. */
export async function run(backlog: OwnBacklog, job: SumJob): Promise<void> {
  await backlog.put([job]);
  await backlog.settled();
}

/** Keeps the second worker busy. */
export function decoyJob(): SumJob {
  return sumJob(DECOY, [[0]]);
}

/** Of another width than the others. */
function oddJob({ firstRun }: Cause): SumJob {
  if (firstRun === 'hangs') return sumJob(WORK, [[HANGS]]);
  return sumJob(WORK, narrow(firstRun === 'long' ? LONG_ROWS : 1));
}

function narrow(rows: number): number[][] {
  return Array.from({ length: rows }, () => [0]);
}

function runsSince(worker: ClusterProcess, since: number): WorkRun[] {
  const runs = readEvents<WorkRun>(worker.log(), 'device_ran');
  return runs.filter(({ model, startedAt }) => model === WORK && startedAt >= since);
}

function told(worker: ClusterProcess, since: number): string {
  const runs = runsSince(worker, since).map(({ rows, startedAt }) => `${rows} rows after ${startedAt - since} ms`);
  return `${worker.name} ran ${runs.join(', ') || 'nothing'}`;
}

function signal({ name, pid }: ClusterProcess, what: NodeJS.Signals): void {
  if (pid === undefined) throw new Error(`${name} does not run`);
  process.kill(pid, what);
}

/** At once when it never stopped. */
async function untilTakesWork(worker: ClusterProcess, since: number): Promise<void> {
  const handsOff = () => {
    const changes = ['hand_off', 'hand_off_over'].flatMap((name) => readEvents<HandOffEvent>(worker.log(), name));
    const recent = changes.filter(({ at }) => at >= since).toSorted((one, other) => one.at - other.at);
    return (recent.at(-1)?.handOff.length ?? 0) > 0;
  };
  while (handsOff()) await delay(POLL_MS);
}
