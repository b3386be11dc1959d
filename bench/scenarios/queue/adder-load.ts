import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@sluice/onnx-writer';
import { poissonArrivals } from '../../harness/load/poisson.js';
import type { Adder } from './queue-side.js';

/** What an adder's process is asked to do. */
export type LoadCommand =
  | { readonly kind: 'saturate'; readonly inFlight: number; readonly leadMs: number; readonly ms: number }
  | { readonly kind: 'arrive'; readonly ratePerSecond: number; readonly ms: number; readonly seed: number };

/** Answers `saturate`. */
export interface SaturatedLoad {
  readonly jobsPerSec: number;
  /** All that were answered, those before and after the window included. */
  readonly jobs: number;
}

/** Answers `arrive`: latencies from when a job should have been added. */
export interface ArrivedLoad {
  readonly latenciesMs: readonly number[];
}

/** Small: what is measured is what a job costs, not its bytes. */
const PAYLOAD_BYTES = 64;
/** What has not been answered by then never will be. */
const LAST_ANSWER_MS = 10_000;

export function runLoad(adder: Adder, command: LoadCommand): Promise<SaturatedLoad | ArrivedLoad> {
  return command.kind === 'saturate' ? saturate(adder, command) : arrive(adder, command);
}

/** So many jobs in flight, each followed by another when it is answered. */
async function saturate(
  adder: Adder,
  { inFlight, leadMs, ms }: Extract<LoadCommand, { kind: 'saturate' }>,
): Promise<SaturatedLoad> {
  const load = { answered: 0, isStopping: false };
  const serve = async (client: number) => {
    while (!load.isStopping) {
      await roundTrip(adder, client);
      load.answered++;
    }
  };
  const running = Promise.all(Array.from({ length: inFlight }, (_, client) => serve(client)));
  await Promise.race([delay(leadMs), running]);
  const startedAt = performance.now();
  const before = load.answered;
  await Promise.race([delay(ms), running]);
  const jobsPerSec = ((load.answered - before) * 1000) / (performance.now() - startedAt);
  load.isStopping = true;
  await inTime(running);
  return { jobsPerSec, jobs: load.answered };
}

async function arrive(
  adder: Adder,
  { ratePerSecond, ms, seed }: Extract<LoadCommand, { kind: 'arrive' }>,
): Promise<ArrivedLoad> {
  const sent: Promise<number>[] = [];
  const arrivals = { ratePerSecond, durationMs: ms, random: seededRandom(seed), isPunctual: true };
  await poissonArrivals(arrivals, (index, dueAt) => {
    sent.push(roundTrip(adder, index).then(() => performance.now() - dueAt));
  });
  return { latenciesMs: await inTime(Promise.all(sent)) };
}

/** @throws Error when the answer is that to another one */
async function roundTrip(adder: Adder, index: number): Promise<void> {
  const payload = Buffer.alloc(PAYLOAD_BYTES);
  payload.writeUInt32LE(index);
  const answer = await adder.request(payload);
  if (!payload.equals(answer)) throw new Error(`a wrong answer to ${index}: ${Buffer.from(answer).toString('hex')}`);
}

async function inTime<T>(answered: Promise<T>): Promise<T> {
  const late = delay(LAST_ANSWER_MS, undefined, { ref: false }).then((): never => {
    throw new Error(`jobs were not answered within ${LAST_ANSWER_MS / 1000} s`);
  });
  return Promise.race([answered, late]);
}
