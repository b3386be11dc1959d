import { SystemClock } from '@sluice/clock';
import { compileWorkerConfig } from '@sluice/config';
import {
  encodeUpdateJob,
  MODEL_UPDATE_QUEUE,
  SluiceError,
  workerUpdateQueue,
  type UpdateJob,
  type VerifyJob,
} from '@sluice/contracts';
import { InMemoryJobQueue, JobIds, type JobStatus } from '@sluice/job-queue';
import { createLogger } from '@sluice/telemetry';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { SystemRandom } from '../lifecycle/random.js';
import { Settler } from '../settle/settler.js';
import type { SlicedWork } from './sliced-work.js';
import { UpdateIntake } from './update-intake.js';
import { UpdateLane } from './update-lane.js';
import type { StageContext, UpdateStage } from './update-stage.js';
import { UpdateStages } from './update-stages.js';

const JOB: VerifyJob = { kind: 'verify', model: 'm', version: '2', rollout: 'r', attempt: 1 };

/** A stage that does what the test says. */
class TestStage implements UpdateStage<VerifyJob> {
  readonly kind = 'verify';
  context: StageContext | undefined;
  readonly log: string[] = [];

  constructor(private readonly outcome: () => Promise<SlicedWork | 'not-here'>) {}

  async prepare({ rollout }: VerifyJob, context: StageContext): Promise<SlicedWork | 'not-here'> {
    this.log.push(rollout);
    this.context = context;
    return this.outcome();
  }

  /** @param slices device time of each */
  work(...slices: number[]): SlicedWork {
    return {
      slices: (async function* () {
        yield* slices;
      })(),
      conclude: async () => Uint8Array.of(slices.length),
      close: () => void this.log.push('closed'),
    };
  }
}

describe('UpdateIntake', () => {
  const clock = new SystemClock();
  const logger = createLogger('worker', 'silent');
  const config = compileWorkerConfig({});
  const ids = new JobIds(Date.now, Math.random);
  let queue: InMemoryJobQueue;
  beforeEach(() => {
    queue = new InMemoryJobQueue(config.queue, clock);
  });

  const workerWith = (id: string, stage: TestStage) => {
    const leases = new LeaseKeeper(queue, config, clock, logger);
    const lane = new UpdateLane(new Settler(queue, leases, logger), clock, logger);
    const identity = { id, host: 'test', pid: 1, startedAt: 0 };
    const stages = new UpdateStages([stage]);
    const intake = new UpdateIntake(identity, queue, lane, stages, leases, clock, new SystemRandom());
    return { intake, lane, leases, stage };
  };
  const put = async (job: UpdateJob | Uint8Array, into = MODEL_UPDATE_QUEUE) => {
    const id = ids.next();
    const payload = job instanceof Uint8Array ? job : encodeUpdateJob(job);
    const expiresAt = Date.now() + 60_000;
    await queue.enqueue(into, [{ id, label: {}, replyTo: '', priority: 1, expiresAt, payload }]);
    return id;
  };
  const ended = (id: string) =>
    vi.waitFor(async () => {
      const [status] = await queue.inspect(MODEL_UPDATE_QUEUE, [id]);
      expect(status?.state).toBe('ended');
      return status as Extract<JobStatus, { state: 'ended' }>;
    });

  it('prepares beside everything else, then works slice by slice', async () => {
    let prepared: (work: SlicedWork) => void = () => {};
    const stage = new TestStage(() => new Promise((resolve) => (prepared = resolve)));
    const { intake, lane, leases } = workerWith('w', stage);
    const id = await put(JOB);
    expect(await intake.pull()).toBe(true);
    expect([intake.hasRoom, lane.readyAt(0), leases.size]).toEqual([false, Infinity, 1]);
    await vi.waitFor(() => expect(stage.context).toBeDefined());
    stage.context?.onProgress(0.5);
    expect(lane.working).toEqual({ name: 'verify m 2', progress: 0.5 });
    prepared(stage.work(7, 8));
    await vi.waitFor(() => expect(lane.readyAt(0)).toBe(0));
    expect([await lane.turn(), await lane.turn(), await lane.turn()]).toEqual([7, 8, 0]);
    expect(await ended(id)).toMatchObject({ outcome: { ok: true, result: Uint8Array.of(2) } });
    await vi.waitFor(() => expect(stage.log).toEqual(['r', 'closed']));
    expect([intake.hasRoom, leases.size]).toEqual([true, 0]);
  });

  it('gives up what it prepares: the stage hears of it, and what comes of it is closed unused', async () => {
    let prepared: (work: SlicedWork) => void = () => {};
    const stage = new TestStage(() => new Promise((resolve) => (prepared = resolve)));
    const { intake, lane } = workerWith('w', stage);
    const id = await put(JOB);
    await intake.pull();
    await vi.waitFor(() => expect(stage.context).toBeDefined());
    const leases = lane.giveUp();
    expect(leases.map(({ jobId }) => jobId)).toEqual([id]);
    expect(stage.context?.signal.aborted).toBe(true);
    expect([lane.isFree, lane.hasUnsettled]).toEqual([true, true]);
    prepared(stage.work(7));
    await vi.waitFor(() => expect(lane.hasUnsettled).toBe(false));
    expect(stage.log).toEqual(['r', 'closed']);
    expect(await queue.inspect(MODEL_UPDATE_QUEUE, [id])).toEqual([{ state: 'active' }]);
  });

  it('does what is for this worker before what is for any', async () => {
    const stage: TestStage = new TestStage(async () => stage.work());
    const { intake, lane } = workerWith('w', stage);
    await put({ ...JOB, rollout: 'any' });
    await put({ ...JOB, rollout: 'own' }, workerUpdateQueue('w'));
    for (const expected of [['own'], ['own', 'closed', 'any']]) {
      await intake.pull();
      await vi.waitFor(() => expect(lane.readyAt(0)).toBe(0));
      expect(stage.log).toEqual(expected);
      await lane.turn();
      await vi.waitFor(() => expect(lane.hasUnsettled).toBe(false));
    }
    expect(await intake.pull()).toBe(false);
  });

  it('leaves to another what it cannot do, and does not look there for a while', async () => {
    const cannot = workerWith('cannot', new TestStage(async () => 'not-here'));
    const stage: TestStage = new TestStage(async () => stage.work());
    const can = workerWith('can', stage);
    const id = await put(JOB);
    await cannot.intake.pull();
    await vi.waitFor(async () => expect(await queue.inspect(MODEL_UPDATE_QUEUE, [id])).toEqual([{ state: 'waiting' }]));
    await vi.waitFor(() => expect([cannot.intake.hasRoom, cannot.leases.size]).toEqual([true, 0]));
    expect(cannot.intake.queues).toEqual([workerUpdateQueue('cannot')]);
    expect(await cannot.intake.pull()).toBe(false);
    expect(await can.intake.pull()).toBe(true);
    await vi.waitFor(() => expect(can.lane.readyAt(0)).toBe(0));
    await can.lane.turn();
    expect(await ended(id)).toMatchObject({ outcome: { ok: true } });
    await vi.waitFor(() => expect(cannot.intake.queues).toContain(MODEL_UPDATE_QUEUE), { timeout: 3_000 });
  });

  it('ends a job with what its stage throws, or with what is wrong with the job', async () => {
    const stage = new TestStage(() => Promise.reject(new SluiceError('model_unavailable', 'no such file')));
    const { intake, lane } = workerWith('w', stage);
    const faulty = await put(JOB);
    await intake.pull();
    expect(await ended(faulty)).toMatchObject({
      outcome: { ok: false, error: { code: 'model_unavailable', message: 'no such file' } },
    });
    await vi.waitFor(() => expect([lane.isFree, lane.hasUnsettled]).toEqual([true, false]));
    const unreadable = await put(Uint8Array.of(1));
    await intake.pull();
    expect(await ended(unreadable)).toMatchObject({ outcome: { ok: false, error: { code: 'invalid_request' } } });
  });

  it('knows whether what it was asked for is still to come', async () => {
    const stage: TestStage = new TestStage(async () => stage.work());
    const { intake } = workerWith('w', stage);
    const id = await intake.ask({ kind: 'introduce', model: 'm', version: '2', generation: 3, attempt: 1 });
    expect(await intake.isPending(id)).toBe(true);
    await intake.discard();
    expect(await intake.isPending(id)).toBe(false);
  });
});
