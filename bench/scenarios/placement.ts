import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom, type Random } from '@sluice/onnx-writer';
import { LEDGER_ENVIRONMENT } from '../harness/device-ledger.js';
import { openLoop } from '../harness/load/open-loop.js';
import { cpuUse, type CpuUse } from '../harness/process-cpu.js';
import { readEvents } from '../harness/log-events.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';
import { shiftingPopularity } from './placement/popularity.js';
import { countWarm, readRecord } from './placement/residency.js';

const WORKERS = 3;
const ROOM = 5;
const COUNT = 12;
/** The same for all: what counts is how many of them fit. */
const MEMORY_BYTES = 1_000;
const COST = { fixedMs: 10, perRowMs: 20, maxBatch: 4, loadMs: 1_000, memoryBytes: MEMORY_BYTES } as const;
const MODELS: readonly SumModel[] = Array.from({ length: COUNT }, (_, index) => ({
  name: `model-${index + 1}`,
  ...COST,
}));
const NAMES = MODELS.map(({ name }) => name);
/** 80 % of what the workers do with one row a run. */
const RATE = (0.8 * WORKERS * 1000) / (COST.fixedMs + COST.perRowMs);
/** In a window: popularity shifts with its beginning, and in its middle. */
const PHASES = 2;
const CONNECTIONS = 2_000;
/** Most of these are for a backlog, and send nothing before it is there: an API would close them. */
const API_ENVIRONMENT = { SLUICE_RECEIVE_TIMEOUT_MS: '600000' };
/** Of a request that names no deadline. What is not answered counts as answered then. */
const DEADLINE_MS = 30_000;
const RETRY_MS = 500;

/** One placement, under the load of a window. */
interface Served {
  readonly requests: number;
  readonly failed: number;
  readonly warmPercent: number;
  readonly loads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuUse | undefined;
}

/** What placement by demand is worth when it is not the same models that are asked for all day. */
export const placement: Scenario = {
  name: 'placement',
  summary: `${COUNT} models, ${WORKERS} workers with room for ${ROOM} each, popularity that shifts: placed by demand, and by hand`,
  defaults: { repetitions: 3, seconds: 60 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const byDemand = await startByDemand(bench);
    const byHand = await startByHand(bench);
    const seed = Date.now();
    const measure = (stage: Stage, window: number) => serve(stage, seededRandom(seed + window), bench.windowMs);
    bench.tell('warming up');
    await Promise.all([loadAll(byDemand), loadAll(byHand)]);
    await measure(byDemand, 0);
    await measure(byHand, 0);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const ours = await measure(byDemand, repetition);
      const theirs = await measure(byHand, repetition);
      if (theirs.loads > 0) throw new Error(`${theirs.loads} loads where nothing is to be loaded`);
      rounds.push({ values: valuesOf(ours, theirs), cpu: ours.cpu });
      bench.tell(`${repetition} of ${bench.repetitions}: by demand ${told(ours)}; by hand ${told(theirs)}`);
    }
    return {
      rounds,
      constants: { offeredRps: RATE },
      conditions: [
        `Zipf 1.1 over ${COUNT} models, ranks drawn anew ${PHASES} times a window; Poisson arrivals, one row each, at 80 % of what ${WORKERS} workers do row by row`,
        `a run of up to ${COST.maxBatch} rows: ${COST.fixedMs} ms, and ${COST.perRowMs} a row; a load: ${COST.loadMs} ms`,
        `by hand: each worker has ${ROOM} fixed models in its folder, so that every model is somewhere and ${WORKERS} are on two workers`,
        'the same requests for both, one after the other; latency from the intended send time; what was not answered counts 30 s',
      ],
    };
  },
};

async function startByDemand(bench: BenchRun): Promise<Stage> {
  const models = temporaryFolder(bench);
  await Promise.all(MODELS.map((model) => writeSumModel(models, model)));
  const workerEnvironment = { ...LEDGER_ENVIRONMENT, SLUICE_MODEL_MEMORY: String(ROOM * MEMORY_BYTES) };
  return Stage.start(bench, { models, workers: WORKERS, workerEnvironment, apiEnvironment: API_ENVIRONMENT });
}

/** Each worker has its part of the models, and the first of the next worker's. */
async function startByHand(bench: BenchRun): Promise<Stage> {
  const folders = Array.from({ length: WORKERS }, () => temporaryFolder(bench));
  const part = COUNT / WORKERS;
  for (const [index, folder] of folders.entries()) {
    const its = Array.from({ length: ROOM }, (_, offset) => MODELS[(index * part + offset) % COUNT]!);
    await Promise.all(its.map((model) => writeSumModel(folder, model)));
  }
  return Stage.start(bench, {
    models: folders[0]!,
    workers: WORKERS,
    workerEnvironment: (index) => ({ ...LEDGER_ENVIRONMENT, SLUICE_MODELS: folders[index]! }),
    apiEnvironment: API_ENVIRONMENT,
  });
}

/** Every model has been asked for, and answered. */
async function loadAll(stage: Stage): Promise<void> {
  await Promise.all(NAMES.map((model) => untilAnswered(`${stage.cluster.url()}/v2/models/${model}/infer`)));
}

async function untilAnswered(url: string): Promise<void> {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
  for (;;) {
    const { ok, status } = await fetch(url, { method: 'POST', body });
    if (ok) return;
    if (status !== 503) throw new Error(`${url} answers ${status}`);
    await delay(RETRY_MS);
  }
}

async function serve(stage: Stage, random: Random, windowMs: number): Promise<Served> {
  const perPhase = Math.ceil((RATE * windowMs) / 1000 / PHASES);
  // More than come: a Poisson window may be larger than the mean.
  const asked = shiftingPopularity(NAMES, { phases: PHASES + 1, perPhase, random });
  const startedAt = Date.now();
  const before = stage.cpu();
  const answers = await openLoop({
    port: stage.port,
    requests: asked.map((model, index) => sumRequest(model, index)),
    connections: CONNECTIONS,
    ratePerSecond: RATE,
    durationMs: windowMs,
    random,
  });
  const cpu = cpuUse(before, stage.cpu(), answers.length);
  const answered = answers.flatMap(({ status, dueAt }, index) =>
    status === 200 ? { dueAt, model: asked[index % asked.length]! } : [],
  );
  const latencies = answers.map(({ status, latencyMs }) => (status === 200 ? latencyMs : DEADLINE_MS));
  const warm = countWarm(answered, stage.cluster.workers.map(readRecord));
  return {
    requests: answers.length,
    failed: answers.length - answered.length,
    warmPercent: (100 * warm) / answers.length,
    loads: loadsSince(stage, startedAt),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpu,
  };
}

function loadsSince({ cluster }: Stage, since: number): number {
  const ready = cluster.workers.flatMap((worker) => readEvents(worker.log(), 'model_ready'));
  return ready.filter(({ at }) => at >= since).length;
}

function valuesOf(ours: Served, theirs: Served): Record<string, number> {
  return {
    warmPercent: ours.warmPercent,
    warmPercentStatic: theirs.warmPercent,
    loads: ours.loads,
    p50Ms: ours.p50Ms,
    p50StaticMs: theirs.p50Ms,
    p99Ms: ours.p99Ms,
    p99StaticMs: theirs.p99Ms,
    failed: ours.failed,
    failedStatic: theirs.failed,
  };
}

function told({ requests, failed, warmPercent, loads, p99Ms }: Served): string {
  return `${warmPercent.toFixed(1)} % of ${requests} warm, ${failed} failed, ${loads} loads, p99 ${p99Ms.toFixed(0)} ms`;
}
