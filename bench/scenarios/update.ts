import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@sluice/onnx-writer';
import { LEDGER_ENVIRONMENT, readRuns } from '../harness/device-ledger.js';
import { ClosedLoop } from '../harness/load/closed-loop.js';
import { openLoop, type OpenLoopAnswer } from '../harness/load/open-loop.js';
import { cpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';
import { RolloutClient, type RolloutStrategy } from './update/rollout-client.js';
import { updateShare } from './update/update-share.js';

const WORKERS = 3;
/** 20 ms for a full batch: the devices, and not the cores that all share here, are what there is too little of. */
const MODEL: SumModel = { name: 'sum', fixedMs: 12, perRowMs: 2, maxBatch: 4, loadMs: 300 };
const BATCH_MS = MODEL.fixedMs + MODEL.perRowMs * MODEL.maxBatch;
const CAPACITY = (WORKERS * MODEL.maxBatch * 1000) / BATCH_MS;
const LOAD = 0.6;
const SLICE_MS = 10;
/** What a rollout may add to the latency: a fifth, one slice and one batch. */
const REACH = 1.2;
const CONNECTIONS = 256;
/** So that a batch waits whenever a device is free. */
const CLIENTS = 64;
const REQUESTS = Array.from({ length: CLIENTS }, (_, index) => sumRequest(MODEL.name, index));
/** Arrivals are planned in parts, as nobody knows when the rollout ends. */
const PART_MS = 2_000;
const ROLLOUT_WITHIN_MS = 120_000;
const SHARES = { canaryPercent: 10, steps: [50] };
/** For each second of a window; in ten, 400. */
const GOLDEN_PER_SECOND = 40;

/** What a new version costs those who ask meanwhile. */
export const update: Scenario = {
  name: 'update',
  summary: `a new version rolled out on ${WORKERS} workers with every stage, at ${LOAD * 100} % load, under more than they can do, and alone`,
  defaults: { repetitions: 3, seconds: 10 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const updates = await Updates.open(bench);
    const { items } = updates.strategy.golden;
    bench.tell('warming up');
    await updates.answers(Math.min(bench.windowMs, 3_000));
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      rounds.push(await updates.measureRound());
      bench.tell(`${repetition} of ${bench.repetitions}: ${JSON.stringify(rounds.at(-1)?.values)}`);
    }
    return {
      rounds,
      constants: { sliceMs: SLICE_MS, batchMs: BATCH_MS },
      conditions: [
        `${WORKERS} workers with a scripted device each, ${BATCH_MS} ms for a full batch of ${MODEL.maxBatch}; the load: Poisson arrivals at ${LOAD * 100} % of ${CAPACITY} requests/s, from the intended send time`,
        `each rollout is of a version that is new to the workers: verify, sandbox, load, warm up, profile, ${items.length} golden inputs against the live version, canary of ${SHARES.canaryPercent} and ${SHARES.steps.join()} %, promote, release`,
        `shares of device time: while an update wants it, beside ${CLIENTS} clients in a closed loop, and beside nobody`,
        'weights 70 to 30; the client, the API, the workers and Redis share the cores',
      ],
    };
  },
};

class Updates {
  readonly strategy: RolloutStrategy;
  private latest = 1;

  private constructor(
    private readonly bench: BenchRun,
    private readonly stage: Stage,
    private readonly client: RolloutClient,
    private readonly file: string,
    private readonly config: string,
  ) {
    this.strategy = strategyOf(bench.windowMs);
  }

  static async open(bench: BenchRun): Promise<Updates> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const stage = await Stage.start(bench, {
      models,
      workers: WORKERS,
      workerEnvironment: { ...LEDGER_ENVIRONMENT, SLUICE_SLICE_MS: String(SLICE_MS), SLUICE_PROFILE: 'auto' },
    });
    const read = (...path: string[]) => readFile(join(models, MODEL.name, ...path), 'utf8');
    const client = new RolloutClient(stage.cluster.url());
    return new Updates(bench, stage, client, await read('1', 'model.json'), await read('config.json'));
  }

  async measureRound(): Promise<Round> {
    const cpu = this.stage.cpu();
    const before = await this.answers(this.bench.windowMs);
    const during = await this.duringRollout();
    this.bench.tell(`  at ${LOAD * 100} % load: ${during.seconds.toFixed(1)} s`);
    const saturated = await this.besideClients();
    this.bench.tell(`  beside more than they can do: ${saturated.share.toFixed(1)} % for the update`);
    const idleFrom = Date.now();
    await this.rollOut();
    const p99BeforeMs = percentile(latencies(before), 0.99);
    const answers = before.length + during.answers.length + saturated.answers;
    return {
      values: {
        failed: [...before, ...during.answers].filter(({ status }) => status !== 200).length,
        answers,
        p99BeforeMs,
        p99DuringMs: percentile(latencies(during.answers), 0.99),
        p99BoundMs: REACH * p99BeforeMs + SLICE_MS + BATCH_MS,
        p50BeforeMs: percentile(latencies(before), 0.5),
        p50DuringMs: percentile(latencies(during.answers), 0.5),
        updateSharePercent: saturated.share,
        updateShareIdlePercent: updateShare(this.runs(), idleFrom, Date.now()),
        rolloutSeconds: during.seconds,
      },
      cpu: cpuUse(cpu, this.stage.cpu(), answers),
    };
  }

  /** To arrivals of `LOAD`. */
  answers(durationMs: number): Promise<OpenLoopAnswer[]> {
    return openLoop({
      port: this.stage.port,
      requests: REQUESTS,
      connections: CONNECTIONS,
      ratePerSecond: LOAD * CAPACITY,
      durationMs,
      random: seededRandom(Date.now()),
    });
  }

  private async duringRollout() {
    const answers: OpenLoopAnswer[] = [];
    const over = new AbortController();
    const startedAt = performance.now();
    const rollout = this.rollOut()
      .then(() => (performance.now() - startedAt) / 1000)
      .finally(() => over.abort());
    // Reported below, when the load has ended.
    rollout.catch(() => {});
    while (!over.signal.aborted) answers.push(...(await this.answers(PART_MS)));
    return { answers, seconds: await rollout };
  }

  /** @throws Error at the first answer that is wrong, or missing */
  private async besideClients() {
    const from = Date.now();
    const load = new ClosedLoop(this.stage.port, REQUESTS);
    await load.start();
    try {
      await this.rollOut();
    } finally {
      await load.stop();
    }
    return { answers: load.answered, share: updateShare(this.runs(), from, Date.now()) };
  }

  private async rollOut(): Promise<void> {
    const version = String(++this.latest);
    await this.client.push(MODEL.name, version, { 'model.json': this.file }, this.config);
    await this.client.rollOut(MODEL.name, version, this.strategy, ROLLOUT_WITHIN_MS);
  }

  private runs() {
    return this.stage.cluster.workers.map(readRuns);
  }
}

function latencies(answers: readonly OpenLoopAnswer[]): number[] {
  return answers.map(({ latencyMs }) => latencyMs);
}

/** Shorter windows are for a look at whether it works. */
function strategyOf(windowMs: number): RolloutStrategy {
  const seconds = windowMs / 1000;
  const items = Array.from({ length: Math.ceil(GOLDEN_PER_SECOND * seconds) }, (_, index) => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [index, 1, 2, 3] }],
  }));
  const samples = { minSamples: Math.ceil(20 * seconds), maxStepSeconds: Math.min(5, Math.max(1, seconds / 2)) };
  return { ...SHARES, ...samples, golden: { items } };
}
