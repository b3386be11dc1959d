import { setTimeout as delay } from 'node:timers/promises';
import { inferenceQueue, ownQueue } from '@sluice/contracts';
import type { ClusterProcess } from '@sluice/local-cluster';
import { LEDGER_ENVIRONMENT } from '../harness/device-ledger.js';
import { readEvents } from '../harness/log-events.js';
import { OwnBacklog, sumJobs } from '../harness/own-backlog.js';
import { cpuUse, type CpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { writeSumModel, type SumModel } from '../harness/sum-model.js';
import { workerIdOf } from '../harness/worker-id.js';

const WORKERS = 4;
/** A run and its jobs cost some core several milliseconds: were it much shorter, four workers would wait for the cores. */
const RUN_MS = 80;
const MAX_BATCH = 8;
/** Cheap to compute again: whatever waits for a run is worth stealing. */
const SAVES_MS = 1;
const MODEL: SumModel = {
  name: 'eighty-ms',
  fixedMs: RUN_MS,
  perRowMs: 0,
  maxBatch: MAX_BATCH,
  affinitySavesMs: SAVES_MS,
};
const SHARED = inferenceQueue({ model: MODEL.name, version: '1' });
/** Per second of the window. */
const JOBS_PER_SECOND = 250;
/** Until the workers listen again, and know of one another. */
const PAUSE_MS = 1_200;
const WARM_UP_JOBS = 20 * MAX_BATCH;

interface Makespan {
  readonly ms: number;
  /** Jobs that ran elsewhere than on the first worker. */
  readonly moved: number;
  readonly cpu: CpuUse | undefined;
}

/** What it costs that work lies with the wrong worker. */
export const steal: Scenario = {
  name: 'steal',
  summary: `every job in the own queue of one of ${WORKERS} workers: until the last is done, with stealing and without`,

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const stealing = await startStage(bench, models, 'on');
    const notStealing = await startStage(bench, models, 'off');
    const jobs = Math.max(MAX_BATCH, Math.round((JOBS_PER_SECOND * bench.windowMs) / 1000));
    const sides = {
      steal: await sideOf(bench, stealing, ownQueue(SHARED, workerIdOf(stealing.worker))),
      shared: await sideOf(bench, stealing, SHARED),
      noSteal: await sideOf(bench, notStealing, ownQueue(SHARED, workerIdOf(notStealing.worker))),
    };
    bench.tell('warming up');
    for (const side of Object.values(sides)) await side(WARM_UP_JOBS);
    const idealMs = Math.ceil(jobs / MAX_BATCH / WORKERS) * RUN_MS;
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const stolen = await sides.steal(jobs);
      const shared = await sides.shared(jobs);
      const kept = await sides.noSteal(jobs);
      if (kept.moved > 0) throw new Error(`${kept.moved} jobs were stolen although that was off`);
      rounds.push({
        values: {
          makespanMs: stolen.ms,
          makespanRatio: stolen.ms / idealMs,
          jobsMoved: stolen.moved,
          sharedMakespanMs: shared.ms,
          ratioToShared: stolen.ms / shared.ms,
          noStealMakespanMs: kept.ms,
        },
        cpu: stolen.cpu,
      });
      bench.tell(
        `${repetition} of ${bench.repetitions}: ${stolen.ms} ms, ${stolen.moved} of ${jobs} moved; ` +
          `from the shared queue ${shared.ms} ms, without stealing ${kept.ms} ms`,
      );
    }
    return {
      rounds,
      constants: { idealMs, jobs },
      conditions: [
        `${jobs} jobs of one row, all of them in one worker’s own queue when the clock starts; a run takes ${RUN_MS} ms, up to ${MAX_BATCH} rows`,
        `ideal: full batches on ${WORKERS} workers; until the last job is settled, by Redis’ clock: to the millisecond`,
        'shared: the same jobs in the queue that all pull from; the processes share the cores, and there is no client',
      ],
    };
  },
};

function startStage(bench: BenchRun, models: string, stealing: 'on' | 'off'): Promise<Stage> {
  const workerEnvironment = { ...LEDGER_ENVIRONMENT, SLUICE_STEALING: stealing };
  return Stage.start(bench, { models, workers: WORKERS, workerEnvironment });
}

async function sideOf(bench: BenchRun, stage: Stage, queue: string): Promise<(jobs: number) => Promise<Makespan>> {
  const backlog = await OwnBacklog.open(bench, stage, queue);
  return (jobs) => makespan(stage, backlog, jobs);
}

/**
 * The workers stand still while the jobs are put, so that the clock starts with all of them in the queue: putting them
 * takes longer than running them.
 */
async function makespan(stage: Stage, backlog: OwnBacklog, jobs: number): Promise<Makespan> {
  await delay(PAUSE_MS);
  signalAll(stage, 'SIGSTOP');
  let startedAt = 0;
  try {
    await backlog.put(sumJobs(MODEL.name, jobs));
  } finally {
    startedAt = Date.now();
    signalAll(stage, 'SIGCONT');
  }
  const before = stage.cpu();
  const settledAt = await backlog.settled();
  const cpu = cpuUse(before, stage.cpu(), jobs);
  const [owned = 0, ...others] = stage.cluster.workers.map((worker) => rowsSince(worker, startedAt));
  const moved = others.reduce((sum, rows) => sum + rows, 0);
  if (owned + moved !== jobs) throw new Error(`${jobs} jobs were put, and ${owned + moved} rows ran`);
  return { ms: settledAt - startedAt, moved, cpu };
}

/** A worker from which nothing was asked has run nothing. */
function rowsSince(worker: ClusterProcess, startedAt: number): number {
  const runs = readEvents<{ readonly startedAt: number; readonly rows: number }>(worker.log(), 'device_ran');
  return runs.reduce((sum, run) => (run.startedAt >= startedAt ? sum + run.rows : sum), 0);
}

function signalAll(stage: Stage, signal: NodeJS.Signals): void {
  for (const { name, pid } of stage.cluster.workers) {
    if (pid === undefined) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
  }
}
