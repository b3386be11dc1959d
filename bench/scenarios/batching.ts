import { DirectPeer } from '../harness/direct-peer.js';
import { deviceUse, LEDGER_ENVIRONMENT, readRuns } from '../harness/device-ledger.js';
import { closedWindow, type ClosedWindow } from '../harness/load/closed-window.js';
import type { PreparedRequest } from '../harness/load/prepared-request.js';
import { NaivePeer } from '../harness/naive-peer.js';
import type { CpuUse } from '../harness/process-cpu.js';
import { RawSession } from '../harness/raw-session.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { median, percentile } from '../harness/statistics.js';
import type { Target } from '../harness/target.js';
import { binaryRequest, jsonRequest, randomRows, rowsInput, type WideRow } from './batching/wide-rows.js';
import { LIMITS, modelName, writeWeightBoundModels } from './batching/weight-bound-model.js';

const CLIENTS = 128;
const BATCH_SIZES = [1, 2, 4, 8, 16, 32];
/** They answer to any name. */
const PEERS_MODEL = 'mlp';

/** All that is measured beside each other. */
interface Sides {
  readonly rows: readonly WideRow[];
  readonly raw: RawSession;
  /** At which the raw loop computes most. */
  readonly bestBatch: number;
  readonly ours: Stage;
  readonly naive: Target;
  readonly direct: Target;
}

/** What batches are worth, after all that it costs to make them. */
export const batching: Scenario = {
  name: 'batching',
  summary: `${CLIENTS} clients of a weight-bound model: batches of ${LIMITS.join(' and of ')}, beside the raw loop and both peers`,

  async measure(bench: BenchRun): Promise<Measurement> {
    const sides = await setUp(bench);
    await warmUp(sides, bench);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const round = await measureRound(sides, bench.windowMs);
      const { rps1 = 0, rps32 = 0, naiveRps = 0, directRps = 0, rawItemsPerSec = 0 } = round.values;
      const [alone, batched, naive, direct, raw] = [rps1, rps32, naiveRps, directRps, rawItemsPerSec].map(Math.round);
      bench.tell(
        `${repetition} of ${bench.repetitions}: limit 1 ${alone} requests/s, limit 32 ${batched}, naive ${naive}, ` +
          `direct ${direct}, raw ${raw} items/s`,
      );
      rounds.push(round);
    }
    return {
      rounds,
      constants: { rawBestBatch: sides.bestBatch },
      conditions: [
        `${CLIENTS} clients, closed loop, one row of 1024 FP32 numbers each (10 KB of JSON), 1000 back; runs of one thread`,
        'the same JSON for everybody; binary: the same numbers as binary tensor data both ways, ours only',
        'in each repetition: raw, limit 1, limit 32, binary at 1 and at 32, direct, naive; the client shares the cores',
        'naive: Nest and @nestjs/bullmq at concurrency 32, waitUntilFinished, session.run on a thread of its own',
        'direct: Fastify with session.run in its handler, one process, no queue',
      ],
    };
  },
};

async function setUp(bench: BenchRun): Promise<Sides> {
  const models = temporaryFolder(bench);
  const file = await writeWeightBoundModels(models);
  const raw = await RawSession.open({ model: file, input: 'x', output: 'y' });
  bench.cleanups.defer(() => raw.close());
  const rows = await randomRows(CLIENTS, raw);
  bench.tell('looking for the best batch of the raw loop');
  const rates: { size: number; rate: number }[] = [];
  for (const size of BATCH_SIZES)
    rates.push({ size, rate: await itemsPerSecond(raw, rows.slice(0, size), bench.windowMs / 4) });
  const best = rates.reduce((most, each) => (each.rate > most.rate ? each : most));
  return {
    rows,
    raw,
    bestBatch: best.size,
    ours: await Stage.start(bench, { models, workerEnvironment: LEDGER_ENVIRONMENT }),
    naive: await NaivePeer.start(bench, file),
    direct: await DirectPeer.start(bench, file),
  };
}

/**
 * Twice, since a side that answers slowly has not been compiled after its first turn. Here every number of every answer is
 * checked; while the clock runs, the ends of each.
 */
async function warmUp({ rows, ours, naive, direct }: Sides, bench: BenchRun): Promise<void> {
  const thorough = (model: string) => rows.map((row) => jsonRequest(model, row, 'every number'));
  for (const turn of ['first', 'second']) {
    bench.tell(`warming up, ${turn} turn`);
    for (const limit of LIMITS) await closedWindow(ours, thorough(modelName(limit)), bench.windowMs);
    for (const peer of [direct, naive]) await closedWindow(peer, thorough(PEERS_MODEL), bench.windowMs);
  }
}

async function measureRound(sides: Sides, ms: number): Promise<Round> {
  const { rows, raw, bestBatch, ours, naive, direct } = sides;
  const send = (target: Target, toRequest: (row: WideRow) => PreparedRequest) =>
    closedWindow(target, rows.map(toRequest), ms);

  const rawItemsPerSec = await itemsPerSecond(raw, rows.slice(0, bestBatch), ms / 2);
  const alone = await send(ours, (row) => jsonRequest(modelName(1), row, 'ends'));
  const batched = await send(ours, (row) => jsonRequest(modelName(32), row, 'ends'));
  const binaryAlone = await send(ours, (row) => binaryRequest(modelName(1), row));
  const binaryBatched = await send(ours, (row) => binaryRequest(modelName(32), row));
  const byDirect = await send(direct, (row) => jsonRequest(PEERS_MODEL, row, 'ends'));
  const byNaive = await send(naive, (row) => jsonRequest(PEERS_MODEL, row, 'ends'));

  const windows = [alone, batched, binaryAlone, binaryBatched, byDirect, byNaive];
  return {
    values: {
      rps1: alone.rps,
      rps32: batched.rps,
      ratio: batched.rps / alone.rps,
      rawItemsPerSec,
      ratioToRaw: batched.rps / rawItemsPerSec,
      ...deviceValues(ours, batched),
      naiveRps: byNaive.rps,
      directRps: byDirect.rps,
      ratioToDirect: batched.rps / byDirect.rps,
      ratioToNaive: batched.rps / byNaive.rps,
      p50Ms: percentile(batched.latenciesMs, 0.5),
      p99Ms: percentile(batched.latenciesMs, 0.99),
      binaryRps1: binaryAlone.rps,
      binaryRps32: binaryBatched.rps,
      binaryRatio: binaryBatched.rps / binaryAlone.rps,
      binaryRatioToRaw: binaryBatched.rps / rawItemsPerSec,
      ...serverCpu({ limit1: alone, limit32: batched, binary32: binaryBatched, naive: byNaive, direct: byDirect }),
    },
    cpu: batched.cpu && { ...batched.cpu, othersCores: othersCores(windows) },
  };
}

/** One run after the other in one thread, at one batch size. */
async function itemsPerSecond(raw: RawSession, rows: readonly WideRow[], ms: number): Promise<number> {
  const { latenciesMs } = await raw.measure(rowsInput(rows), ms);
  return (1000 * rows.length * latenciesMs.length) / latenciesMs.reduce((sum, latency) => sum + latency, 0);
}

function deviceValues(stage: Stage, { from, to }: ClosedWindow): Record<string, number> {
  const { runs, rows, busyMs } = deviceUse(readRuns(stage.worker), from, to);
  return { meanBatch: rows / runs, deviceBusyPercent: (100 * busyMs) / (to - from) };
}

/** CPU time per request of all processes of a side together, its device's included, the client's not. */
function serverCpu(windows: Readonly<Record<string, ClosedWindow>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(windows).flatMap(([name, { cpu }]) => (cpu ? [[`${name}CpuMs`, withoutClient(cpu)]] : [])),
  );
}

function withoutClient({ msPerRequest }: CpuUse): number {
  return Object.entries(msPerRequest).reduce((sum, [name, ms]) => (name === 'client' ? sum : sum + ms), 0);
}

/** Over the windows of one repetition. */
function othersCores(windows: readonly ClosedWindow[]): number {
  return median(windows.flatMap(({ cpu }) => (cpu ? [cpu.othersCores] : [])));
}
