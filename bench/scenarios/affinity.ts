import { seededRandom, type Random } from '@sluice/onnx-writer';
import { keyedRequest, writeKeyedModel, type KeyedModel } from '../harness/keyed-model.js';
import { openLoop, type OpenLoopAnswer } from '../harness/load/open-loop.js';
import type { PreparedRequest } from '../harness/load/prepared-request.js';
import { cpuUse, type CpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { zipf } from './affinity/zipf.js';

const WORKERS = 4;
const KEYS = 200;
const EXPONENT = 1.1;
const MODEL: KeyedModel = {
  name: 'keyed',
  fixedMs: 20,
  perRowMs: 20,
  missMs: 20,
  /** All workers together hold all keys. */
  holdsKeys: KEYS / WORKERS,
  maxBatch: 8,
};
/** Of the workers together with full batches, when nothing is missed. */
const CAPACITY = (WORKERS * MODEL.maxBatch * 1000) / (MODEL.fixedMs + MODEL.maxBatch * MODEL.perRowMs);
const LOAD = 0.6;
const RATE = CAPACITY * LOAD;
/** Before the window: the devices have come to hold what this way of placing makes them hold. */
const LEAD_SHARE = 1 / 2;
const CONNECTIONS = 1_000;

/** One way of placing requests, under the load for a window. */
interface Placed {
  readonly moves: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuUse | undefined;
}

/** What keys are worth: requests that go where their state is, beside requests that go anywhere. */
export const affinity: Scenario = {
  name: 'affinity',
  summary: `${KEYS} skewed keys whose state ${WORKERS} workers hold or pay for: placed by key, and anywhere`,
  defaults: { repetitions: 5, seconds: 8 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeKeyedModel(models, MODEL);
    const stealing = await Stage.start(bench, { models, workers: WORKERS });
    const workerEnvironment = { SLUICE_STEALING: 'off' };
    const notStealing = await Stage.start(bench, { models, workers: WORKERS, workerEnvironment });
    const random = seededRandom(Date.now());
    const measure = (stage: Stage, hasAffinity: boolean) => place(stage, hasAffinity, random, bench.windowMs);
    bench.tell('warming up');
    await measure(stealing, true);
    await measure(notStealing, true);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const anywhere = await measure(stealing, false);
      const byKey = await measure(stealing, true);
      const unstolen = await measure(notStealing, true);
      rounds.push({ values: valuesOf(anywhere, byKey, unstolen), cpu: byKey.cpu });
      bench.tell(`${repetition} of ${bench.repetitions}: anywhere ${told(anywhere)}; by key ${told(byKey)}`);
      bench.tell(`  without stealing ${told(unstolen)}`);
    }
    return {
      rounds,
      constants: { offeredRps: RATE },
      conditions: [
        `keys from 1 to ${KEYS}, Zipf ${EXPONENT}; Poisson arrivals at ${LOAD * 100} % of what ${WORKERS} workers do when nothing is missed`,
        `a run of up to ${MODEL.maxBatch} rows: ${MODEL.fixedMs} ms, ${MODEL.perRowMs} for each row and ${MODEL.missMs} for each key that is not among the ${MODEL.holdsKeys} that the device used last`,
        'a move: a key brought in; latency from the intended send time; the client, the API, the workers and Redis share the cores',
      ],
    };
  },
};

async function place(stage: Stage, hasAffinity: boolean, random: Random, windowMs: number): Promise<Placed> {
  const misses = { counted: 0 };
  const drawKey = zipf(KEYS, EXPONENT, random);
  const load = (durationMs: number, count: number): Promise<OpenLoopAnswer[]> => {
    const requests: PreparedRequest[] = Array.from({ length: count }, () =>
      keyedRequest(MODEL.name, drawKey(), hasAffinity, () => misses.counted++),
    );
    return openLoop({ port: stage.port, requests, connections: CONNECTIONS, ratePerSecond: RATE, durationMs, random });
  };
  await load(windowMs * LEAD_SHARE, Math.ceil((RATE * windowMs) / 1000));
  misses.counted = 0;
  const before = stage.cpu();
  const answers = await load(windowMs, Math.ceil((2 * RATE * windowMs) / 1000));
  const cpu = cpuUse(before, stage.cpu(), answers.length);
  const refused = answers.find(({ status }) => status !== 200);
  if (refused) throw new Error(`a request was answered with ${refused.status}`);
  const latencies = answers.map(({ latencyMs }) => latencyMs);
  return {
    moves: misses.counted,
    requests: answers.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpu,
  };
}

/** Moves are counted for a thousand requests: Poisson windows are not of the same size. */
function valuesOf(anywhere: Placed, byKey: Placed, unstolen: Placed): Record<string, number> {
  const moves = (placed: Placed) => (1000 * placed.moves) / placed.requests;
  return {
    movesRandom: moves(anywhere),
    movesAffinity: moves(byKey),
    movesAffinityNoSteal: moves(unstolen),
    movesSavedPercent: 100 * (1 - moves(byKey) / moves(anywhere)),
    p99RandomMs: anywhere.p99Ms,
    p99AffinityMs: byKey.p99Ms,
    p99AffinityNoStealMs: unstolen.p99Ms,
    p50RandomMs: anywhere.p50Ms,
    p50AffinityMs: byKey.p50Ms,
    p50AffinityNoStealMs: unstolen.p50Ms,
  };
}

function told({ moves, requests, p99Ms }: Placed): string {
  return `${moves} moves of ${requests}, p99 ${p99Ms.toFixed(0)} ms`;
}
