import type { Cluster, Reply } from '@sluice/cluster';
import type { ErrorBody } from '@sluice/contracts';
import { JobIds, type JobQueue, type JobStatus, type Outcome } from '@sluice/job-queue';
import type { Clock } from '@sluice/clock';
import type { Judgement } from '../witness/judgement.js';
import { isAnswerOf, payloadOf, type SimulatedRequest } from './request.js';

/** How soon after sending a result is looked for, and how soon again at most. */
const FIRST_LOOK_MS = 1_000;
const MOST_LOOK_MS = 5_000;
/** By then a result has been looked for that was there within seconds. */
export const LAST_LOOK_MS = 2 * MOST_LOOK_MS;
/** Longer than any run of the simulation that goes as it should. */
const PATIENCE_MS = 120_000;

/** How a request ended for its client. */
export interface Ended {
  readonly request: SimulatedRequest;
  readonly jobId: string;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly how: 'replied' | 'repaired' | 'given up';
  readonly outcome: Outcome;
}

interface Waiting {
  readonly request: SimulatedRequest;
  readonly queue: string;
  readonly sentAt: number;
  readonly expiresAt: number;
  accepted: boolean;
}

/**
 * The clients and the API between them and the queue: sends each request as a job, waits for its reply, and looks for the
 * result itself when none comes. It stands for apps/api/src/jobs, with the same ports, and checks what a client would.
 */
export class SimulatedClient {
  readonly ended: Ended[] = [];
  readonly jobIds = new Map<number, string>();
  private readonly waiting = new Map<string, Waiting>();
  /** What the workers answered, also to requests that had been given up. */
  private readonly answers = new Map<string, Outcome>();
  private readonly ids: JobIds;
  private onEnd: (ended: Ended) => void = () => {};
  private readonly apiId = 'api-1';

  /**
   * @param queueFor the queue that a request joins, as it is sent
   * @param slackMs how far a worker's idea of the queue's clock may be off
   */
  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    random: () => number,
    private readonly queueFor: (request: SimulatedRequest) => string,
    private readonly slackMs: number,
    private readonly judgement: Judgement,
  ) {
    this.ids = new JobIds(() => queue.now(), random);
  }

  start(): Promise<void> {
    return this.cluster.subscribe(
      this.apiId,
      (replies) => this.hear(replies),
      () => {},
    );
  }

  /** Sends requests for one model, together. */
  async send(requests: readonly SimulatedRequest[]): Promise<void> {
    const [first] = requests;
    if (!first) return;
    const queue = this.queueFor(first);
    const jobs = requests.map((request) => {
      const id = this.ids.next();
      const sentAt = this.clock.now();
      const expiresAt = this.queue.now() + (request.timeoutMs ?? PATIENCE_MS);
      this.waiting.set(id, { request, queue, sentAt, expiresAt, accepted: false });
      this.jobIds.set(request.number, id);
      this.look(id, FIRST_LOOK_MS);
      this.clock.after(request.timeoutMs ?? PATIENCE_MS, () => void this.giveUp(id));
      const { level: priority } = request;
      return {
        id,
        label: { request: request.number },
        replyTo: this.apiId,
        priority,
        expiresAt,
        payload: payloadOf(request),
      };
    });
    this.judgement.trace.note('client', 'send', { queue, requests: jobs.map(({ id, label }) => [label.request, id]) });
    try {
      await this.queue.enqueue(queue, jobs);
      for (const { id } of jobs) {
        const waiting = this.waiting.get(id);
        if (waiting) waiting.accepted = true;
      }
    } catch (error) {
      this.judgement.violated('one answer', `request ${first.number} was refused: ${String(error)}`);
    }
  }

  private hear(replies: readonly Reply[]): void {
    for (const reply of replies) {
      const outcome: Outcome =
        'error' in reply ? { ok: false, error: reply.error } : { ok: true, result: reply.result };
      const before = this.answers.get(reply.jobId);
      if (before && !isSame(before, outcome))
        this.judgement.violated('one answer', `job ${reply.jobId} is answered twice, and differently`);
      this.answers.set(reply.jobId, outcome);
      this.end(reply.jobId, outcome, 'replied');
    }
  }

  private look(id: string, afterMs: number): void {
    this.clock.after(afterMs, () => {
      if (!this.waiting.has(id)) return;
      void this.inspect(id);
      this.look(id, Math.min(MOST_LOOK_MS, 2 * afterMs));
    });
  }

  private async inspect(id: string): Promise<JobStatus | undefined> {
    const waiting = this.waiting.get(id);
    if (!waiting?.accepted) return undefined;
    const [status] = await this.queue.inspect(waiting.queue, [id]);
    if (status?.state === 'ended') {
      this.answers.set(id, status.outcome);
      this.end(id, status.outcome, 'repaired');
    }
    if (status?.state === 'gone' && this.waiting.has(id))
      this.judgement.violated('one answer', `job ${id} of request ${waiting.request.number} is lost`);
    return status;
  }

  private async giveUp(id: string): Promise<void> {
    await this.inspect(id);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    const error: ErrorBody = { code: 'deadline_exceeded', message: 'not answered within its deadline' };
    this.end(id, { ok: false, error }, 'given up');
    await this.queue.cancel(waiting.queue, [id]);
  }

  /** @param onEnd called for every request that has ended */
  listen(onEnd: (ended: Ended) => void): void {
    this.onEnd = onEnd;
  }

  private end(jobId: string, outcome: Outcome, how: Ended['how']): void {
    const waiting = this.waiting.get(jobId);
    if (!waiting) return;
    this.waiting.delete(jobId);
    const { request, sentAt } = waiting;
    const ended = { request, jobId, sentAt, endedAt: this.clock.now(), how, outcome };
    this.ended.push(ended);
    this.onEnd(ended);
    const code = outcome.ok ? 'ok' : outcome.error.code;
    this.judgement.trace.note('client', how, { request: request.number, jobId, code });
    const fault = this.faultOf(waiting, outcome);
    if (fault) this.judgement.violated('one answer', `request ${request.number} (job ${jobId}) ${fault}`);
  }

  /** What is wrong with an answer. */
  private faultOf({ request, expiresAt }: Waiting, outcome: Outcome): string | undefined {
    if (outcome.ok) {
      if (!isAnswerOf(request, outcome.result)) return 'got an answer that is not its own';
      return request.fate === 'answer' ? undefined : `was answered, although its fate is to ${request.fate}`;
    }
    const { code, message } = outcome.error;
    const isOwn =
      (code === 'inference_failed' && request.fate === 'fail') || (code === 'poisoned' && request.fate === 'crash');
    if (isOwn) return undefined;
    if (code !== 'deadline_exceeded') return `failed with ${code}: ${message}`;
    if (request.timeoutMs === undefined) return 'was not answered, however long it waited';
    const early = expiresAt - this.slackMs - this.queue.now();
    return early > 0 ? `was told ${early} ms early that its deadline has passed` : undefined;
  }
}

function isSame(a: Outcome, b: Outcome): boolean {
  if (!a.ok || !b.ok) return !a.ok && !b.ok && a.error.code === b.error.code;
  return Buffer.compare(a.result, b.result) === 0;
}
