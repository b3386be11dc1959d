import {
  JobIds,
  type JobQueue,
  type Judge,
  type Lease,
  type LeasedJob,
  type NewJob,
  type QueueSettings,
  type SettleOutcome,
} from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';

/** An adapter, opened for one test. */
export interface JobQueueFixture {
  readonly queue: JobQueue;
  readonly settings: QueueSettings;
  /** The same queues, seen by another process. */
  beside(): Promise<JobQueue>;
  /** Lets time go by, on the queue's own clock. */
  pass(ms: number): Promise<void>;
  /** Lets time go by until a promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  /** Pauses a queue, as an operator does. */
  pause(queue: string): Promise<void>;
  close(): Promise<void>;
}

export const CONFORMANCE_SETTINGS: QueueSettings = {
  leaseMs: 400,
  maxPayloadBytes: 1_000_000,
  maxResultBytes: 1_000_000,
  maxWaiting: 50,
  maxWaitingBytes: 2_000_000,
  keepResultsMs: 1_000,
  keepAtMostMs: 3_000,
  maxKeptJobs: 6,
  maxKeptBytes: 300_000,
};

export const Q = 'inference.conformance.1';

export const alive: Judge = async () => ({ alive: true, running: [] });

/** Every holder is dead, and was running these jobs. */
export function dead(...running: string[]): Judge {
  return async () => ({ alive: false, running });
}

export function idsOf(jobs: readonly LeasedJob[]): string[] {
  return jobs.map(({ lease: { jobId } }) => jobId);
}

/** A queue and the few words in which the suite speaks of it. */
export class QueueUnderTest {
  readonly queue: JobQueue;
  readonly settings: QueueSettings;
  private readonly ids: JobIds;

  constructor(private readonly fixture: JobQueueFixture) {
    this.queue = fixture.queue;
    this.settings = fixture.settings;
    this.ids = new JobIds(() => this.queue.now(), seededRandom(1));
  }

  beside(): Promise<JobQueue> {
    return this.fixture.beside();
  }

  pass(ms: number): Promise<void> {
    return this.fixture.pass(ms);
  }

  settled<T>(promise: Promise<T>): Promise<T> {
    return this.fixture.settled(promise);
  }

  pause(queue: string): Promise<void> {
    return this.fixture.pause(queue);
  }

  close(): Promise<void> {
    return this.fixture.close();
  }

  job(spec: Partial<NewJob> = {}): NewJob {
    return {
      id: this.ids.next(),
      label: { model: 'conformance', rows: 1 },
      replyTo: 'api-1',
      priority: 5,
      expiresAt: this.queue.now() + 60_000,
      payload: Buffer.from('payload'),
      ...spec,
    };
  }

  async enqueue(count: number, spec: Partial<NewJob> = {}): Promise<string[]> {
    const jobs = Array.from({ length: count }, () => this.job(spec));
    await this.queue.enqueue(Q, jobs);
    return jobs.map(({ id }) => id);
  }

  async lease(holder: string, max: number): Promise<readonly LeasedJob[]> {
    return (await this.queue.lease(Q, { holder, max })).jobs;
  }

  async leaseOne(holder: string): Promise<LeasedJob> {
    const [only] = await this.lease(holder, 1);
    if (!only) throw new Error('nothing to lease');
    return only;
  }

  async complete({ lease }: { lease: Lease }, result = 'result'): Promise<SettleOutcome | undefined> {
    const [outcome] = await this.queue.settle([{ lease, outcome: { ok: true, result: Buffer.from(result) } }]);
    return outcome;
  }

  /** Runs so many jobs, one after the other, and answers their ids. */
  async run(count: number, spec: Partial<NewJob> = {}, result = 'result'): Promise<string[]> {
    const ids = await this.enqueue(count, spec);
    for (const held of await this.lease('runner', count)) await this.complete(held, result);
    return ids;
  }

  /** Those of the jobs whose outcome can be read. */
  async kept(ids: readonly string[]): Promise<string[]> {
    const statuses = await this.queue.inspect(Q, ids);
    return ids.filter((_, index) => statuses[index]?.state === 'ended');
  }

  /** The result as text, or the code of the error, or the state of a job that has not ended. */
  async resultOf(id: string): Promise<string | undefined> {
    const [status] = await this.queue.inspect(Q, [id]);
    if (status?.state !== 'ended') return status?.state;
    return status.outcome.ok ? Buffer.from(status.outcome.result).toString() : status.outcome.error.code;
  }
}
