import { inferenceQueue, ownQueue } from '@sluice/contracts';
import { LEDGER_ENVIRONMENT } from '../harness/device-ledger.js';
import { OwnBacklog } from '../harness/own-backlog.js';
import type { BenchRun, Measurement, Round, Scenario } from '../harness/scenario.js';
import { Stage, temporaryFolder } from '../harness/stage.js';
import { median } from '../harness/statistics.js';
import { workerIdOf } from '../harness/worker-id.js';
import { causeOf, REASONS, type Reason } from './handoff/causes.js';
import { decoyJob, learn, measureHandOff, run, type Parties } from './handoff/held-jobs.js';
import { DECOY, MEMORY_LIMIT_BYTES, WORK, writeBurdens, writeDecoy, writeWork } from './handoff/models.js';
import { Operator } from './handoff/operator.js';

/** On a busy machine the first worker may have been given something else to hold than was planned. */
const ATTEMPTS = 4;
/** Rows of the runs by which a worker learns what they cost. */
const LESSONS = [1, 1, 1, 8, 8, 30, 30];
/** The same of the decoy: while it does not know, a worker takes its next jobs at once. */
const DECOYS = 3;

/** How soon others have what a worker cannot start. */
export const handoff: Scenario = {
  name: 'handoff',
  summary: `a worker that loads, is paused, is short of memory, or whose run hangs: until what it holds runs elsewhere`,

  async measure(bench: BenchRun): Promise<Measurement> {
    const handOffs = await HandOffs.open(bench);
    bench.tell('warming up');
    await handOffs.warmUp();
    const rounds: Round[] = [];
    for (let repetition = 1; repetition <= bench.repetitions; repetition++) {
      const values: Record<string, number> = {};
      for (const reason of REASONS) {
        values[`${reason}Ms`] = await handOffs.measure(reason, 'shared');
        values[`${reason}OwnMs`] = await handOffs.measure(reason, 'own');
      }
      values['maxMs'] = Math.max(...Object.values(values));
      rounds.push({ values, cpu: undefined });
      bench.tell(`${repetition} of ${bench.repetitions}: ${JSON.stringify(values)}`);
    }
    const medianOf = (key: string) => median(rounds.map(({ values }) => values[key]!));
    return {
      rounds,
      constants: {},
      pointsKey: 'reasons',
      points: REASONS.map((reason) => ({ reason, ms: medianOf(`${reason}Ms`), ownMs: medianOf(`${reason}OwnMs`) })),
      conditions: [
        '2 workers; the first runs something, and holds 8 jobs that are the next batch: until all of them are in a run of the second',
        'from the operator’s request (paused, memory: to load a model that is more than it may have), or from the start of the run that takes too long',
        'jobs of the queue for all workers, and (own) of the worker’s own queue',
      ],
    };
  },
};

/** Two workers, of which the first gets into trouble. */
class HandOffs {
  private constructor(
    private readonly bench: BenchRun,
    private readonly operator: Operator,
    private readonly firstId: string,
    private readonly parties: Readonly<Record<'shared' | 'own', Parties>>,
    private readonly lessonsOfSecond: OwnBacklog,
  ) {}

  static async open(bench: BenchRun): Promise<HandOffs> {
    const folders = [temporaryFolder(bench), temporaryFolder(bench)] as const;
    await Promise.all([writeWork(folders[0]), writeWork(folders[1]), writeDecoy(folders[1])]);
    const limit = { SLUICE_MEMORY_LIMIT_BYTES: String(MEMORY_LIMIT_BYTES) };
    const stage = await Stage.start(bench, {
      models: folders[0],
      workers: 2,
      workerEnvironment: (index) => ({
        ...LEDGER_ENVIRONMENT,
        ...(index === 0 ? limit : { SLUICE_MODELS: folders[1] }),
      }),
    });
    await writeBurdens(folders[0]);
    const [first, second] = stage.cluster.workers;
    if (!first || !second) throw new Error('there are not two workers');
    const open = (queue: string) => OwnBacklog.open(bench, stage, queue);
    const shared = inferenceQueue({ model: WORK, version: '1' });
    const own = await open(ownQueue(shared, workerIdOf(first)));
    const both = { first, second, decoy: await open(inferenceQueue({ model: DECOY, version: '1' })), lessons: own };
    return new HandOffs(
      bench,
      new Operator(stage),
      workerIdOf(first),
      { shared: { ...both, backlog: await open(shared) }, own: { ...both, backlog: own } },
      await open(ownQueue(shared, workerIdOf(second))),
    );
  }

  async warmUp(): Promise<void> {
    await Promise.all([learn(this.parties.own.lessons, LESSONS), learn(this.lessonsOfSecond, LESSONS)]);
    for (let time = 0; time < DECOYS; time++) await run(this.parties.own.decoy, decoyJob());
  }

  /** @returns milliseconds. @throws Error when the first worker could not be made to hold what it should */
  async measure(reason: Reason, queue: 'shared' | 'own'): Promise<number> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const cause = causeOf(reason, this.operator, this.firstId);
      const measured = await measureHandOff(this.parties[queue], cause);
      if (typeof measured === 'number') return measured;
      this.bench.tell(`${reason}, ${queue}: once more, as ${measured}`);
    }
    throw new Error(`${reason}, ${queue}: ${ATTEMPTS} times the first worker held something else than it should`);
  }
}
