import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@sluice/onnx-writer';
import { closedWindow } from '../harness/load/closed-window.js';
import { prepareInfer, type PreparedRequest } from '../harness/load/prepared-request.js';
import { cpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { MemorySamples, type Course } from './soak/memory-samples.js';
import { remainingKeys, type RemainingKeys } from './soak/remaining-keys.js';
import { steadyLoad } from './soak/steady-load.js';

const MODEL = 'digits';
const WORKERS = 2;
const CLIENTS = 64;
const LOAD_SHARE = 0.7;
/** Of the window, before it. */
const CAPACITY_SHARE = 1 / 60;
const LEAST_CAPACITY_MS = 1_000;
const SAMPLES = 240;
const LEAST_SAMPLE_MS = 250;
/** So that none is left soon after the end. */
const KEEP_RESULTS_MS = 5_000;
/** The time of the results, a prune, and what a worker's last run is remembered for is not part of it: that expires. */
const DRAIN_MS = 3 * KEEP_RESULTS_MS;
const KEYS_TOLD = 20;

interface Soak {
  readonly round: Round;
  readonly samples: MemorySamples;
  readonly remaining: RemainingKeys;
}

/** Whether anything grows that should not, when the load stays as it is. */
export const soak: Scenario = {
  name: 'soak',
  summary: `ten minutes at ${LOAD_SHARE * 100} % of the capacity: memory of every process, memory and keys of Redis, what is left at the end`,
  defaults: { repetitions: 1, seconds: 600 },
  quickSeconds: 30,

  async measure(bench: BenchRun): Promise<Measurement> {
    const soaks: Soak[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) soaks.push(await measureRound(bench));
    const [first] = soaks;
    if (!first) throw new Error('nothing was measured');
    const { samples, remaining } = first;
    const kinds = Object.entries(remaining.staying).map(([kind, count]) => `${kind} ${count}`);
    return {
      rounds: soaks.map(({ round }) => round),
      constants: {},
      points: [
        ...samples.names.map((name) => pointOf(`${name}: RSS in MB`, samples.rss(name))),
        pointOf('Redis: memory used in MB', samples.redis()),
        pointOf('Redis: keys', samples.keys()),
      ],
      conditions: [
        `the model ${MODEL}, one image as JSON, ${WORKERS} workers; the capacity is that of ${CLIENTS} clients in a closed loop`,
        'Poisson arrivals; the client shares the cores. Slopes: least squares over the second half, with their standard error',
        `results are kept for ${KEEP_RESULTS_MS / 1000} s. Keys that stay, of the first repetition: ${kinds.join(', ')}`,
      ],
    };
  },
};

async function measureRound(bench: BenchRun): Promise<Soak> {
  const stage = await Stage.start(bench, {
    models: join(bench.root, 'models'),
    workers: WORKERS,
    workerEnvironment: { SLUICE_KEEP_RESULTS_MS: String(KEEP_RESULTS_MS) },
  });
  const request = await digitRequest(bench);
  const clients = Array.from({ length: CLIENTS }, () => request);
  const capacityMs = Math.max(LEAST_CAPACITY_MS, bench.windowMs * CAPACITY_SHARE);
  bench.tell('warming up, and measuring the capacity');
  await closedWindow(stage, clients, capacityMs);
  const { rps: capacityRps } = await closedWindow(stage, clients, capacityMs);
  const offeredRps = capacityRps * LOAD_SHARE;
  bench.tell(`${Math.round(offeredRps)} requests/s for ${bench.windowMs / 1000} s`);

  const before = stage.cpu();
  const samples = new MemorySamples(bench, stage, Math.max(LEAST_SAMPLE_MS, bench.windowMs / SAMPLES));
  const { latenciesMs, failed } = await steadyLoad(bench, stage, request, {
    ratePerSecond: offeredRps,
    durationMs: bench.windowMs,
    random: seededRandom(1),
  });
  await samples.stop();
  const cpu = cpuUse(before, stage.cpu(), latenciesMs.length);
  const remaining = await remainingKeys(stage.redisUrl, DRAIN_MS);
  for (const key of remaining.left.slice(0, KEYS_TOLD)) bench.tell(`left: ${key}`);

  const courses = samples.names.map((name) => [name, samples.rss(name)] as const);
  const steepest = courses
    .map(([, course]) => course)
    .reduce((most, each) => (each.perHour > most.perHour ? each : most));
  const values = {
    seconds: bench.windowMs / 1000,
    rssSlopeMbPerHour: steepest.perHour,
    rssSlopeErrorMbPerHour: steepest.perHourError,
    ...Object.fromEntries(courses.map(([name, { perHour }]) => [`${name}RssSlopeMbPerHour`, perHour])),
    redisSlopeMbPerHour: samples.redis().perHour,
    redisSlopeErrorMbPerHour: samples.redis().perHourError,
    keySlopePerHour: samples.keys().perHour,
    keysAtEnd: remaining.left.length,
    keysStaying: Object.values(remaining.staying).reduce((sum, count) => sum + count, 0),
    keysExpiring: remaining.expiring,
    failed,
    answered: latenciesMs.length,
    capacityRps,
    offeredRps,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
  return { round: { values, cpu }, samples, remaining };
}

async function digitRequest(bench: BenchRun): Promise<PreparedRequest> {
  const body = await readFile(join(bench.root, 'models', MODEL, 'samples', 'seven.json'), 'utf8');
  return prepareInfer(MODEL, body, (answer) => answer.includes('"name":"probabilities"', 0, 'latin1'));
}

function pointOf(what: string, course: Course): Readonly<Record<string, number | string>> {
  return { what, ...course };
}
