import { seededRandom } from '@sluice/onnx-writer';
import { openLoop, type OpenLoopAnswer } from '../harness/load/open-loop.js';
import { cpuUse, type CpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { median, percentile, summarise } from '../harness/statistics.js';
import { sumRequest, writeSumModel, type SumModel } from '../harness/sum-model.js';

const CAPACITY = 600;
const MAX_BATCH = 32;
const FIXED_MS = 8;
const FULL_RUN_MS = (MAX_BATCH * 1000) / CAPACITY;
const MODEL: SumModel = {
  name: 'six-hundred',
  fixedMs: FIXED_MS,
  perRowMs: (FULL_RUN_MS - FIXED_MS) / MAX_BATCH,
  maxBatch: MAX_BATCH,
};
const DEADLINE_MS = 500;
/** By capacity. */
const LOADS = [0.5, 0.9, 1.5, 3];
/** Before the window: the queue fills, and who admits learns of it. */
const LEAD_SHARE = 1 / 4;
/** At three times the capacity, all that is in flight and a stall of half a second. */
const CONNECTIONS = 2_000;
const REQUESTS = 997;

/** What one load was like, per second of the window. */
interface Point {
  readonly goodput: number;
  readonly shed: number;
  readonly late: number;
  readonly acceptedP99Ms: number;
  readonly shedP99Ms: number;
  readonly sentLateP99Ms: number;
}

/** Whether more than it can do makes it do less. */
export const overload: Scenario = {
  name: 'overload',
  summary: `a device of ${CAPACITY} requests/s offered up to three times that: answers in time, and how soon the others are refused`,
  defaults: { repetitions: 3, seconds: 8 },

  async measure(bench: BenchRun): Promise<Measurement> {
    const models = temporaryFolder(bench);
    await writeSumModel(models, MODEL);
    const stage = await Stage.start(bench, { models });
    bench.tell('warming up');
    await offer(stage, LOADS[1]!, bench.windowMs);
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      bench.tell(`${repetition} of ${bench.repetitions}`);
      rounds.push(await measureRound(bench, stage));
    }
    const medians = summarise(rounds.map(({ values }) => values));
    return {
      rounds,
      constants: {},
      points: LOADS.map((load) => {
        const of = (key: keyof Point) => medians[keyOf(load, key)]?.median ?? 0;
        return {
          offered: load * CAPACITY,
          goodput: of('goodput'),
          shed: of('shed'),
          late: of('late'),
          acceptedP99Ms: of('acceptedP99Ms'),
          shedP99Ms: of('shedP99Ms'),
          sentLateP99Ms: of('sentLateP99Ms'),
        };
      }),
      conditions: [
        `Poisson arrivals, a deadline of ${DEADLINE_MS} ms each; one worker: ${FIXED_MS} ms a batch and up to ${MAX_BATCH} rows in ${FULL_RUN_MS.toFixed(1)} ms`,
        'goodput: answered within the deadline, from the intended send time; shed: 429; late: all others. Each per second',
        'p99 of what was accepted (not shed) and of a refusal, the same way; 0 where nothing was refused',
        'the client, the API, the worker and Redis share the cores',
      ],
    };
  },
};

async function measureRound(bench: BenchRun, stage: Stage): Promise<Round> {
  const values: Record<string, number> = {};
  const goodputs: number[] = [];
  const uses: CpuUse[] = [];
  for (const load of LOADS) {
    const { point, cpu } = await offer(stage, load, bench.windowMs);
    const { goodput, shed, late, acceptedP99Ms, shedP99Ms } = point;
    bench.tell(
      `  at ${load}: ${goodput.toFixed(0)} in time, ${shed.toFixed(0)} shed, ${late.toFixed(0)} late a second; ` +
        `p99 ${acceptedP99Ms.toFixed(0)} ms, of a refusal ${shedP99Ms.toFixed(1)} ms`,
    );
    for (const [key, value] of Object.entries(point)) values[keyOf(load, key)] = value;
    goodputs.push(goodput);
    if (cpu) uses.push(cpu);
  }
  values['goodputAt3xPercentOfBest'] = (100 * goodputs.at(-1)!) / Math.max(...goodputs);
  // Of a request at three times the capacity: most of those are refusals.
  const last = uses.at(-1);
  return { values, cpu: last && { ...last, othersCores: median(uses.map(({ othersCores }) => othersCores)) } };
}

async function offer(stage: Stage, load: number, windowMs: number): Promise<{ point: Point; cpu: CpuUse | undefined }> {
  const leadMs = windowMs * LEAD_SHARE;
  const before = stage.cpu();
  const all = await openLoop({
    port: stage.port,
    requests: Array.from({ length: REQUESTS }, (_, index) => sumRequest(MODEL.name, index, DEADLINE_MS)),
    connections: CONNECTIONS,
    ratePerSecond: load * CAPACITY,
    durationMs: leadMs + windowMs,
    random: seededRandom(Date.now()),
  });
  const cpu = cpuUse(before, stage.cpu(), all.length);
  const startedAt = Math.min(...all.map(({ dueAt }) => dueAt));
  return {
    point: pointOf(
      all.filter(({ dueAt }) => dueAt >= startedAt + leadMs),
      windowMs,
    ),
    cpu,
  };
}

/** @throws Error when a request was answered with something that is neither a result, a refusal nor a missed deadline */
function pointOf(answers: readonly OpenLoopAnswer[], windowMs: number): Point {
  const odd = answers.find(({ status }) => ![200, 429, 504].includes(status));
  if (odd) throw new Error(`a request was answered with ${odd.status}`);
  const shed = answers.filter(({ status }) => status === 429);
  const accepted = answers.filter(({ status }) => status !== 429);
  const inTime = accepted.filter(({ status, latencyMs }) => status === 200 && latencyMs <= DEADLINE_MS);
  const perSecond = (some: readonly OpenLoopAnswer[]) => (some.length * 1000) / windowMs;
  const p99 = (some: readonly OpenLoopAnswer[], key: 'latencyMs' | 'sentLateMs') =>
    some.length === 0
      ? 0
      : percentile(
          some.map((answer) => answer[key]),
          0.99,
        );
  return {
    goodput: perSecond(inTime),
    shed: perSecond(shed),
    late: perSecond(accepted) - perSecond(inTime),
    acceptedP99Ms: p99(accepted, 'latencyMs'),
    shedP99Ms: p99(shed, 'latencyMs'),
    sentLateP99Ms: p99(answers, 'sentLateMs'),
  };
}

function keyOf(load: number, key: string): string {
  return `${key}At${load}x`;
}
