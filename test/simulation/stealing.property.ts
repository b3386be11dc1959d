import type { Scenario } from './scenario.js';
import { Simulation, type Plants, type Seen } from './simulation.js';
import { Violation } from './witness/violation.js';

/** From the end of a run to the next one's start: what a thief asks its queue before it has another batch. */
const CALLS_BETWEEN_RUNS_MS = 3;
/** The first run of a thief begins that much later, and the last is begun by whoever is first. */
const RUNS_AT_THE_ENDS = 3;

export interface HeapSeen extends Seen {
  readonly tookMs: number;
  /** By all workers, each always busy. */
  readonly idealMs: number;
}

/**
 * A heap in one worker's own queue is done by all of them.
 * @throws Violation when it takes longer than sharing it should
 */
export async function expectShared(scenario: Scenario, plants?: Plants): Promise<HeapSeen> {
  const [model] = scenario.models;
  const seen = await new Simulation(scenario, plants).run();
  const { fixedMs = 0, maxBatchSize = 1, savesMs = 0 } = model ?? {};
  const runsEach = Math.ceil(seen.ended.length / maxBatchSize / scenario.workers);
  const tookMs =
    Math.max(...seen.ended.map(({ endedAt }) => endedAt)) - Math.min(...seen.ended.map(({ sentAt }) => sentAt));
  // What is left when it is not worth stealing any more is done by its owner.
  const boundMs = (runsEach + RUNS_AT_THE_ENDS) * (fixedMs + CALLS_BETWEEN_RUNS_MS) + 2 * savesMs;
  if (tookMs > boundMs)
    throw new Violation('stealing', `a heap took ${tookMs.toFixed(0)} ms, the bound is ${boundMs.toFixed(0)}`, '');
  return { ...seen, tookMs, idealMs: runsEach * fixedMs };
}

/** Presence, the look of the others, and the time after which a queue goes before those with nearer deadlines. */
const NOTICED_MS = 3_000 + 1_000 + 1_000;

/**
 * What belongs to a worker that died is done, whatever else comes.
 * @throws Violation when it waits for longer than its turn takes
 */
export async function expectAdopted(scenario: Scenario, plants?: Plants): Promise<void> {
  const { ended } = await new Simulation(scenario, plants).run();
  const orphans = ended.filter(({ request }) => request.owner !== undefined);
  const fixedMs = scenario.models[0]?.fixedMs ?? 0;
  // Everything older goes first: what waited with them, at most twice as much as was sent by then.
  const boundMs = NOTICED_MS + (2 * orphans.length + 50) * fixedMs;
  const longestMs = Math.max(...orphans.map(({ sentAt, endedAt }) => endedAt - sentAt));
  if (longestMs > boundMs)
    throw new Violation('stealing', `an orphan waited ${longestMs.toFixed(0)} ms, the bound is ${boundMs}`, '');
}

/** Requests that were run by others than the worker that they belonged to. */
export function countStolen({ runs }: Seen): number {
  return runs.reduce((sum, { stolen }) => sum + stolen, 0);
}
