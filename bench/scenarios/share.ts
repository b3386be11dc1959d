import { setTimeout as delay } from 'node:timers/promises';
import { INFERENCE_CLASS, MODEL_UPDATE_CLASS } from '@sluice/contracts';
import { seededRandom } from '@sluice/onnx-writer';
import { deviceUse, LEDGER_ENVIRONMENT, readRuns } from '../harness/device-ledger.js';
import { closedWindow } from '../harness/load/closed-window.js';
import { openLoop, type OpenLoopAnswer } from '../harness/load/open-loop.js';
import type { PreparedRequest } from '../harness/load/prepared-request.js';
import { cpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { median, percentile } from '../harness/statistics.js';
import { readTurns, waitsBehind, type Span } from '../harness/turn-ledger.js';
import { UpdateBacklog } from '../harness/update-backlog.js';
import { HEAVY, ROWS, writeHeavyModel } from './share/heavy-model.js';

/** So that a batch waits whenever the device is free, though the answers take their time. */
const CLIENTS = 24;
const LOAD = 0.6;
const SLICE_MS = 10;
/** What one class may add to the latency of the other: a fifth, one slice and one batch. */
const REACH = 1.2;
/** A profile takes several times as long. */
const SHORTEST_UPDATE_MS = 100;
/** With and without updates in turns: what else runs on the machine changes by the minute. */
const TURNS = 5;
const CONNECTIONS = 256;

interface Parts {
  readonly stage: Stage;
  readonly updates: UpdateBacklog;
  readonly requests: readonly PreparedRequest[];
}

/** Whether 70 % is 70 %, and what the other 30 % cost those who wait for an answer. */
export const share: Scenario = {
  name: 'share',
  summary:
    'one device for inference and model updates: parts of device time when both want it, and the price in latency',
  defaults: { repetitions: 3, seconds: 60 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    const requests = await writeHeavyModel(bench, models, CLIENTS);
    const stage = await Stage.start(bench, {
      models,
      // The only updates are those of the bench.
      profiles: 'off',
      workerEnvironment: { ...LEDGER_ENVIRONMENT, SLUICE_SLICE_MS: String(SLICE_MS) },
    });
    const updates = await UpdateBacklog.open(bench, stage, HEAVY);
    bench.tell('warming up');
    await closedWindow(stage, requests, Math.min(bench.windowMs, 4_000));
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      bench.tell(`${repetition} of ${bench.repetitions}`);
      rounds.push(await measureRound(bench, { stage, updates, requests }));
    }
    return {
      rounds,
      constants: { sliceMs: SLICE_MS },
      conditions: [
        `inference: ${ROWS} rows a request, 2 requests a batch; saturated: ${CLIENTS} clients, closed loop`,
        'updates: profiles of the same model in the worker’s own queue, more of them than it gets done',
        `latency: Poisson arrivals at ${LOAD * 100} % of what was answered when saturated, from the intended send time`,
        'weights 70 to 30; the client, the API, the worker and Redis share the cores',
      ],
    };
  },
};

async function measureRound(bench: BenchRun, parts: Parts): Promise<Round> {
  const { stage, updates, requests } = parts;
  const aloneMs = bench.windowMs / 4;
  const before = stage.cpu();

  const alone = await closedWindow(stage, requests, aloneMs);
  const inferenceAlone = partsOf(stage, alone);
  const batchMs = inferenceAlone.meanRunMs;
  bench.tell(`  inference alone: ${inferenceAlone.inference.toFixed(2)} %, ${Math.round(alone.rps)} requests/s`);

  const updateAlone = await withUpdates(updates, aloneMs, async () => {
    const from = Date.now();
    await delay(aloneMs);
    return partsOf(stage, { from, to: Date.now() });
  });
  bench.tell(`  updates alone: ${updateAlone.update.toFixed(2)} %`);

  const both = await withUpdates(updates, 2 * bench.windowMs, async () =>
    partsOf(stage, await closedWindow(stage, requests, bench.windowMs)),
  );
  bench.tell(`  both: ${both.inference.toFixed(2)} % and ${both.update.toFixed(2)} %`);

  const latency = await measureLatency(bench, parts, LOAD * alone.rps);
  const { p99AloneMs, p99WithUpdatesMs } = latency.values;
  bench.tell(`  p99 alone ${p99AloneMs.toFixed(1)} ms, with updates ${p99WithUpdatesMs.toFixed(1)} ms`);
  const answers = alone.latenciesMs.length + both.answers + latency.answers;
  return {
    values: {
      inferencePercent: both.inference,
      updatePercent: both.update,
      inferenceAlonePercent: inferenceAlone.inference,
      updateAlonePercent: updateAlone.update,
      ...latency.values,
      batchMs,
      p99BoundMs: REACH * p99AloneMs + SLICE_MS + batchMs,
      saturatedRps: alone.rps,
      bothBusyPercent: both.busy,
      inferenceAloneBusyPercent: inferenceAlone.busy,
      updateAloneBusyPercent: updateAlone.busy,
    },
    cpu: cpuUse(before, stage.cpu(), answers),
  };
}

/** Updates wait while it lasts. */
async function withUpdates<T>(updates: UpdateBacklog, ms: number, measure: () => Promise<T>): Promise<T> {
  await updates.start(Math.ceil(ms / SHORTEST_UPDATE_MS) + 8);
  const measured = await measure();
  await updates.stop();
  return measured;
}

/** Parts of the device time that was used, and of the time that there was, in percent. */
function partsOf(stage: Stage, window: Span & { readonly latenciesMs?: readonly number[] }) {
  const { from, to, latenciesMs = [] } = window;
  const runs = readRuns(stage.worker);
  const inference = deviceUse(runs, from, to, INFERENCE_CLASS);
  const update = deviceUse(runs, from, to, MODEL_UPDATE_CLASS);
  const used = inference.busyMs + update.busyMs;
  return {
    inference: (100 * inference.busyMs) / used,
    update: (100 * update.busyMs) / used,
    busy: (100 * used) / (to - from),
    meanRunMs: inference.busyMs / inference.runs,
    answers: latenciesMs.length,
  };
}

async function measureLatency(bench: BenchRun, { stage, updates, requests }: Parts, ratePerSecond: number) {
  const turnMs = bench.windowMs / 2 / TURNS;
  const random = seededRandom(Date.now());
  const load = () =>
    openLoop({ port: stage.port, requests, connections: CONNECTIONS, ratePerSecond, durationMs: turnMs, random });
  const alone: OpenLoopAnswer[] = [];
  const beside: OpenLoopAnswer[] = [];
  const busy: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const from = Date.now();
    alone.push(...(await load()));
    busy.push(partsOf(stage, { from, to: Date.now() }).busy);
    beside.push(...(await withUpdates(updates, 3 * turnMs, load)));
  }
  const refused = [...alone, ...beside].find(({ status }) => status !== 200);
  if (refused) throw new Error(`a request at ${LOAD * 100} % load was answered with ${refused.status}`);

  const underWay = beside.map(({ dueAt, latencyMs }) => ({ from: dueAt, to: dueAt + latencyMs }));
  const turns = readTurns(stage.worker).filter(({ from }) => from >= (underWay[0]?.from ?? Infinity));
  const of = (name: string) => turns.filter(({ shareClass }) => shareClass === name);
  const waits = waitsBehind(of(MODEL_UPDATE_CLASS), of(INFERENCE_CLASS), underWay);
  const totals = waits.map(({ totalMs }) => totalMs);
  const latencies = (answers: readonly OpenLoopAnswer[]) => answers.map(({ latencyMs }) => latencyMs);
  return {
    answers: alone.length + beside.length,
    values: {
      p99AloneMs: percentile(latencies(alone), 0.99),
      p99WithUpdatesMs: percentile(latencies(beside), 0.99),
      p50AloneMs: percentile(latencies(alone), 0.5),
      p50WithUpdatesMs: percentile(latencies(beside), 0.5),
      busyAtLoadPercent: median(busy),
      maxSliceWaitMs: Math.max(...waits.map(({ longestMs }) => longestMs)),
      maxUpdateWaitMs: Math.max(...totals),
      p99UpdateWaitMs: percentile(totals, 0.99),
      p50SliceMs: median(of(MODEL_UPDATE_CLASS).map(({ from, to }) => to - from)),
    },
  };
}
