import { Cleanups } from '../harness/cleanups.js';
import type { CpuUse } from '../harness/process-cpu.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { percentile } from '../harness/statistics.js';
import { QueueStand, type Saturation, type StandOptions } from './queue/queue-stand.js';
import { measureScripts } from './queue/script-times.js';
import type { JobQueueName, SideName } from './queue/sides.js';

const LOW_RATE = 100;
const BATCHES_TIMED = 50;

type Values = Readonly<Record<string, number>>;
type Stands<K extends string> = Readonly<Record<K, QueueStand>>;

/** With an append-only file, events and results, as Sluice runs. */
const DURABLE = {
  reference: { side: 'reference', keep: 'results', isDurable: true },
  batched: { side: 'batched', keep: 'results', isDurable: true },
  waitUntilFinished: { side: 'waitUntilFinished', keep: 'results', isDurable: true },
} as const satisfies Readonly<Record<SideName, StandOptions>>;

const IN_MEMORY = {
  reference: { side: 'reference', keep: 'results', isDurable: false },
  batched: { side: 'batched', keep: 'results', isDurable: false },
  waitUntilFinished: { side: 'waitUntilFinished', keep: 'results', isDurable: false },
  stripped: { side: 'batched', keep: 'nothing', isDurable: false },
} as const satisfies Readonly<Record<SideName | 'stripped', StandOptions>>;

/** What the way of a job through Redis and back costs, when nothing is done with it. */
export const queue: Scenario = {
  name: 'queue',
  summary: 'jobs/s from add to reply without an engine and HTTP: both adapters beside a plain BullMQ Worker',

  async measure(bench: BenchRun): Promise<Measurement> {
    // One after the other: what is not measured should not run beside what is.
    const durable = await withStands(bench, DURABLE, async (stands) => ({
      rounds: await inTurns(bench, stands, (order) => measureDurable(bench, stands, order)),
      scripts: { ...(await scriptTimes(stands, 'reference')), ...(await scriptTimes(stands, 'batched')) },
    }));
    const inMemory = await withStands(bench, IN_MEMORY, (stands) =>
      inTurns(bench, stands, (order) => measureInMemory(bench, stands, order)),
    );
    return {
      rounds: durable.rounds.map(({ values, cpu }, repetition) => ({
        values: { ...values, ...inMemory[repetition]?.values },
        cpu,
      })),
      constants: durable.scripts,
      conditions: [
        'a process that adds and waits for the replies, one that leases and settles, and a Redis, on the same cores',
        '256 jobs in flight, 64 bytes each, there and back; in turns, each repetition begins with another side',
        `waitUntilFinished: Queue.add, Worker at concurrency 32, the last 1,000 jobs kept`,
        `low load: Poisson arrivals, ${LOW_RATE} jobs/s, latency from when a job should have been added`,
      ],
    };
  },
};

/** Starts them, and ends them again. */
async function withStands<K extends string, T>(
  bench: BenchRun,
  options: Readonly<Record<K, StandOptions>>,
  use: (stands: Stands<K>) => Promise<T>,
): Promise<T> {
  const cleanups = new Cleanups();
  bench.cleanups.defer(() => cleanups.run());
  const stands: Partial<Record<K, QueueStand>> = {};
  for (const name of namesOf(options)) stands[name] = await QueueStand.start({ ...bench, cleanups }, options[name]);
  const used = await use(stands as Stands<K>);
  await cleanups.run();
  return used;
}

/** A round for each repetition, after a warm-up; the order of the sides moves on by one each time. */
async function inTurns<K extends string>(
  bench: BenchRun,
  stands: Stands<K>,
  measureRound: (order: readonly K[]) => Promise<Round>,
): Promise<Round[]> {
  const names = namesOf(stands);
  bench.tell(`warming up ${names.join(', ')}`);
  for (const name of names) await stands[name].saturate(bench.windowMs);
  const rounds: Round[] = [];
  for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
    const first = repetition % names.length;
    const round = await measureRound([...names.slice(first), ...names.slice(0, first)]);
    const rates = Object.entries(round.values).filter(([key]) => key.endsWith('JobsPerSec'));
    const told = rates.map(([key, rate]) => `${key} ${Math.round(rate)}`).join(', ');
    bench.tell(`${repetition} of ${bench.repetitions}: ${told}`);
    rounds.push(round);
  }
  return rounds;
}

async function measureDurable(
  { windowMs }: BenchRun,
  stands: Stands<SideName>,
  order: readonly SideName[],
): Promise<Round> {
  const saturations = await saturateAll(stands, order, windowMs);
  const { reference, batched, waitUntilFinished } = saturations;
  for (const name of order) await stands[name].rest();
  const low: Values[] = [];
  for (const name of order) low.push(await measureLowLoad(stands[name], name, windowMs));
  return {
    values: {
      referenceJobsPerSec: reference.jobsPerSec,
      batchedJobsPerSec: batched.jobsPerSec,
      waitUntilFinishedJobsPerSec: waitUntilFinished.jobsPerSec,
      ratioToReference: batched.jobsPerSec / reference.jobsPerSec,
      ratioToWaitUntilFinished: batched.jobsPerSec / waitUntilFinished.jobsPerSec,
      ...Object.assign({}, ...low),
      ...cpuValues('reference', reference.cpu),
      ...cpuValues('waitUntilFinished', waitUntilFinished.cpu),
    },
    cpu: batched.cpu,
  };
}

async function measureInMemory(
  { windowMs }: BenchRun,
  stands: Stands<keyof typeof IN_MEMORY>,
  order: readonly (keyof typeof IN_MEMORY)[],
): Promise<Round> {
  const { reference, batched, waitUntilFinished, stripped } = await saturateAll(stands, order, windowMs);
  return {
    values: {
      referenceNoAofJobsPerSec: reference.jobsPerSec,
      batchedNoAofJobsPerSec: batched.jobsPerSec,
      waitUntilFinishedNoAofJobsPerSec: waitUntilFinished.jobsPerSec,
      ratioNoAof: batched.jobsPerSec / waitUntilFinished.jobsPerSec,
      strippedJobsPerSec: stripped.jobsPerSec,
    },
    cpu: undefined,
  };
}

async function saturateAll<K extends string>(
  stands: Stands<K>,
  order: readonly K[],
  ms: number,
): Promise<Readonly<Record<K, Saturation>>> {
  const saturations: Partial<Record<K, Saturation>> = {};
  for (const name of order) saturations[name] = await stands[name].saturate(ms);
  return saturations as Record<K, Saturation>;
}

/** The batched adapter has the plain keys. */
async function measureLowLoad(stand: QueueStand, name: SideName, ms: number): Promise<Values> {
  const latenciesMs = await stand.arrive(LOW_RATE, ms, 1);
  const key = name === 'batched' ? 'lowLoad' : `${name}LowLoad`;
  return { [`${key}P50Ms`]: percentile(latenciesMs, 0.5), [`${key}P99Ms`]: percentile(latenciesMs, 0.99) };
}

async function scriptTimes(stands: Stands<SideName>, name: JobQueueName): Promise<Values> {
  const { enqueueMs, leaseMs, settleMs } = await measureScripts(stands[name].redisUrl, name, BATCHES_TIMED);
  return {
    [`${name}EnqueueScriptMs`]: enqueueMs,
    [`${name}LeaseScriptMs`]: leaseMs,
    [`${name}SettleScriptMs`]: settleMs,
  };
}

/** CPU time per job of each process; that of the batched adapter is the scenario's own. */
function cpuValues(name: SideName, cpu: CpuUse | undefined): Values {
  if (!cpu) return {};
  const { api = 0, worker = 0, redis = 0 } = cpu.msPerRequest;
  return { [`${name}AdderCpuMs`]: api, [`${name}WorkerCpuMs`]: worker, [`${name}RedisCpuMs`]: redis };
}

function namesOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[];
}
