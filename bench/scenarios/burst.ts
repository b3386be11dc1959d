import { setTimeout as delay } from 'node:timers/promises';
import { LEDGER_ENVIRONMENT, readRuns, type DeviceRun } from '../harness/device-ledger.js';
import { ConnectionPool } from '../harness/load/connection-pool.js';
import { assertAnswered } from '../harness/load/prepared-request.js';
import { cpuUse } from '../harness/process-cpu.js';
import { readQueueEvents, timeOf } from '../harness/queue-events.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { median } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';

const WORKERS = 4;
const REQUESTS = 200;
const RUN_MS = 10;
const MAX_BATCH = 32;
const MODEL: SumModel = { name: 'ten-ms', fixedMs: RUN_MS, perRowMs: 0, maxBatch: MAX_BATCH };
/** As many batches as it takes, the workers side by side. */
const IDEAL_MS = Math.ceil(Math.ceil(REQUESTS / MAX_BATCH) / WORKERS) * RUN_MS;
const WARM_UP_BURSTS = 10;
/** Until the workers listen again. */
const PAUSE_MS = 150;

/** What one burst was like. Times in milliseconds since the first job was in the queue, but for the client's. */
interface Burst {
  readonly firstRunMs: number;
  /** When the last worker began its first run; when the burst was over, where one was not needed. */
  readonly allBusyMs: number;
  readonly workers: number;
  readonly runs: number;
  /** From when the client sent the first request to its last answer. */
  readonly lastAnswerMs: number;
}

/** How soon idle workers share what comes all at once. */
export const burst: Scenario = {
  name: 'burst',
  summary: `${REQUESTS} requests at once for ${WORKERS} idle workers: until all of them run, and until the last answer`,
  defaults: { repetitions: 5, seconds: 8 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const stage = await Stage.start(bench, { models, workers: WORKERS, workerEnvironment: LEDGER_ENVIRONMENT });
    const pool = await ConnectionPool.open(stage.port, REQUESTS);
    bench.cleanups.defer(() => pool.close());
    bench.tell('warming up');
    for (let index = 0; index < WARM_UP_BURSTS; index++) await sendBurst(stage, pool);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const round = await measureRound(stage, pool, bench.windowMs);
      const { allBusyMsP50 = 0, lastAnswerMs = 0, bursts = 0 } = round.values;
      bench.tell(
        `${repetition} of ${bench.repetitions}: ${bursts} bursts, all busy after ${allBusyMsP50} ms, ` +
          `the last answer after ${lastAnswerMs.toFixed(1)} ms`,
      );
      rounds.push(round);
    }
    return {
      rounds,
      constants: { idealMs: IDEAL_MS },
      conditions: [
        `${REQUESTS} requests of one row over as many open connections; a run takes ${RUN_MS} ms, up to ${MAX_BATCH} rows`,
        'from the first job in the queue, by Redis’ clock, to the first run of the last worker, by its own: to the millisecond',
        'one value a burst, of which the repetition’s median (or greatest) is taken; all processes share the cores',
      ],
    };
  },
};

async function measureRound(stage: Stage, pool: ConnectionPool, ms: number): Promise<Round> {
  const before = stage.cpu();
  const end = performance.now() + ms;
  const bursts: Burst[] = [];
  do bursts.push(await sendBurst(stage, pool));
  while (performance.now() < end);
  const of = (key: keyof Burst) => bursts.map((each) => each[key]);
  return {
    values: {
      allBusyMsP50: median(of('allBusyMs')),
      allBusyMsMax: Math.max(...of('allBusyMs')),
      lastAnswerMs: median(of('lastAnswerMs')),
      firstRunMs: median(of('firstRunMs')),
      runs: median(of('runs')),
      bursts: bursts.length,
      burstsWithAnIdleWorker: bursts.filter(({ workers }) => workers < WORKERS).length,
    },
    cpu: cpuUse(before, stage.cpu(), bursts.length * REQUESTS),
  };
}

async function sendBurst(stage: Stage, pool: ConnectionPool): Promise<Burst> {
  await delay(PAUSE_MS);
  const requests = Array.from({ length: REQUESTS }, (_, index) => sumRequest(MODEL.name, index));
  const from = Date.now();
  const sentAt = performance.now();
  const answers = await Promise.all(requests.map(({ bytes }) => pool.send(bytes)));
  const lastAnswerMs = performance.now() - sentAt;
  for (const [index, request] of requests.entries()) assertAnswered(request, answers[index]!);

  const [first] = await readQueueEvents(stage.redisUrl, MODEL.name, String(from - 1));
  if (first?.event !== 'added') throw new Error(`the queue’s events begin with ${first?.event}, expected added`);
  const startedAt = timeOf(first);
  const runs = stage.cluster.workers.map((worker) => readRuns(worker).filter((run) => run.startedAt >= from));
  const firsts = runs.flatMap(([run]: readonly DeviceRun[]) => (run ? [run.startedAt - startedAt] : []));
  return {
    firstRunMs: Math.min(...firsts),
    allBusyMs: firsts.length === WORKERS ? Math.max(...firsts) : lastAnswerMs,
    workers: firsts.length,
    runs: runs.flat().length,
    lastAnswerMs,
  };
}
