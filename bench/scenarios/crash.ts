import { seededRandom } from '@sluice/onnx-writer';
import { ConnectionPool } from '../harness/load/connection-pool.js';
import type { HttpAnswer } from '../harness/load/http-connection.js';
import { poissonArrivals } from '../harness/load/poisson.js';
import { readEvents } from '../harness/log-events.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { percentile } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';
import { AnswerWitness } from './crash/answer-witness.js';
import { Reaper } from './crash/reaper.js';

const WORKERS = 3;
/** Long runs, so that most kills hit one. */
const MODEL: SumModel = { name: 'sixty-ms', fixedMs: 60, perRowMs: 0, maxBatch: 32 };
const RATE = 150;
const KILL_EVERY_MS = 10_000;
/** All that comes in while nobody is left. */
const CONNECTIONS = 2_000;

/** `hung`: the connection ended, or was silent for a minute. */
type Outcome = { readonly kind: 'answered' | 'failed' | 'hung'; readonly latencyMs: number };

interface SweptEvent {
  readonly jobId: string;
  readonly holder: string;
  readonly death: 'none' | 'in-company' | 'alone';
}

/** Whether what was accepted is answered, once, though workers die. */
export const crash: Scenario = {
  name: 'crash',
  summary: `one of ${WORKERS} workers killed every ${KILL_EVERY_MS / 1000} s under load: what is lost, hangs or happens twice`,
  defaults: { repetitions: 1, seconds: 60 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      bench.tell(`${repetition} of ${bench.repetitions}`);
      rounds.push({ values: await measureRound(bench), cpu: undefined });
    }
    return {
      rounds,
      constants: {},
      conditions: [
        `Poisson arrivals, ${RATE} a second, one row each; ${WORKERS} workers, a run takes ${MODEL.fixedMs} ms, up to ${MODEL.maxBatch} rows`,
        `SIGKILL of one worker that serves every ${KILL_EVERY_MS / 1000} s, once at least; another is started at once`,
        'latency from the intended send time; all processes share the cores. CPU times of processes that die are not known',
      ],
    };
  },
};

async function measureRound(bench: BenchRun): Promise<Record<string, number>> {
  const models = temporaryFolder(bench);
  await writeSumModel(models, MODEL);
  const stage = await Stage.start(bench, { models, workers: WORKERS });
  const witness = await AnswerWitness.of(bench, {
    redis: stage.redisUrl,
    model: MODEL.name,
    apiId: await stage.apiId(),
  });
  const reaper = new Reaper(stage.cluster, seededRandom(Date.now()));
  bench.cleanups.defer(() => reaper.stop());
  const outcomes = await loadAndKill(bench, stage, reaper);
  await witness.stop();
  reaper.stop();

  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const answered = count('answered');
  if (witness.completed < answered)
    throw new Error(`${answered} were answered, of which ${answered - witness.completed} were not seen to complete`);
  const latencies = outcomes.filter(({ kind }) => kind === 'answered').map(({ latencyMs }) => latencyMs);
  const swept = recovered(stage);
  return {
    sent: outcomes.length,
    answered,
    failed: count('failed'),
    hung: count('hung'),
    duplicated: witness.duplicated().length,
    contradicted: witness.contradicted().length,
    reexecuted: swept.filter(({ death }) => death !== 'none').length,
    recoveredUnstarted: swept.filter(({ death }) => death === 'none').length,
    longestAnswerMs: Math.max(...latencies),
    p99Ms: percentile(latencies, 0.99),
    p50Ms: percentile(latencies, 0.5),
    kills: reaper.kills,
  };
}

async function loadAndKill(bench: BenchRun, stage: Stage, reaper: Reaper): Promise<Outcome[]> {
  const { windowMs } = bench;
  const kills = Math.max(1, Math.floor(windowMs / KILL_EVERY_MS));
  const pool = await ConnectionPool.open(stage.port, CONNECTIONS);
  const sent: Promise<Outcome>[] = [];
  let startedAt: number | undefined;
  try {
    await poissonArrivals(
      { ratePerSecond: RATE, durationMs: windowMs, random: seededRandom(Date.now()) },
      (index, dueAt) => {
        startedAt ??= dueAt;
        // In the middle of each stretch, so that the last has its time as well.
        if (dueAt - startedAt >= ((reaper.kills + 0.5) * windowMs) / kills) {
          reaper.kill();
          bench.tell(`  ${reaper.kills} of ${kills} killed, ${index} sent`);
        }
        sent.push(sendOne(pool, bench, index, dueAt));
      },
    );
    return await Promise.all(sent);
  } finally {
    pool.close();
  }
}

async function sendOne(pool: ConnectionPool, bench: BenchRun, index: number, dueAt: number): Promise<Outcome> {
  const request = sumRequest(MODEL.name, index);
  const answer = await pool.send(request.bytes).catch((error: Error) => error);
  const latencyMs = performance.now() - dueAt;
  if (!(answer instanceof Error) && answer.status === 200 && request.isAnsweredBy(answer.body))
    return { kind: 'answered', latencyMs };
  bench.tell(`  request ${index} after ${Math.round(latencyMs)} ms: ${describe(answer)}`);
  return { kind: answer instanceof Error ? 'hung' : 'failed', latencyMs };
}

function describe(answer: HttpAnswer | Error): string {
  return answer instanceof Error ? answer.message : `${answer.status} ${answer.body.toString('utf8', 0, 300)}`;
}

/** Jobs that a worker held when it died; two sweepers that see the same count once. */
function recovered(stage: Stage): SweptEvent[] {
  const events = stage.cluster.workers.flatMap((worker) => readEvents<SweptEvent>(worker.log(), 'job_recovered'));
  return [...new Map(events.map((event) => [`${event.jobId} ${event.holder}`, event])).values()];
}
