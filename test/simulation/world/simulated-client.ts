import type { ErrorBody } from '@sluice/contracts';
import { JobIds, type JobQueue, type JobStatus, type Outcome, type Reply } from '@sluice/job-queue';
import type { Clock } from '@sluice/clock';
import { modelName } from '../scenario.js';
import type { Judgement } from '../witness/judgement.js';
import type { ColdGate, Refused } from './cold-gate.js';
import { isAnswerOf, payloadOf, type SimulatedRequest } from './request.js';

/** How soon after sending a result is looked for, and how soon again at most. */
const FIRST_LOOK_MS = 1_000;
const MOST_LOOK_MS = 5_000;
/** By then a result has been looked for that was there within seconds. */
export const LAST_LOOK_MS = 2 * MOST_LOOK_MS;
/** Longer than any run of the simulation that goes as it should. */
const PATIENCE_MS = 120_000;

/** What an API lets a request wait that names no deadline: SLUICE_REQUEST_TIMEOUT_MS as it is by default. */
const LONGEST_MS = 30_000;
/** Whoever was not told when to come again. */
const COME_BACK_MS = 1_000;
const MOST_COMEBACKS = 30;

/** How a request ended for its client. */
export interface Ended {
  readonly request: SimulatedRequest;
  readonly jobId: string;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly how: 'replied' | 'repaired' | 'given up' | 'refused';
  readonly outcome: Outcome;
}

/** What the world hears of requests that are sent. */
export interface ClientEvents {
  readonly onEnd: (ended: Ended) => void;
  readonly onAsked: (request: SimulatedRequest) => void;
  /** `before`: how often it was refused before. */
  readonly onRefused: (request: SimulatedRequest, refusal: Refused, before: number) => void;
  readonly onComesAgain: (request: SimulatedRequest) => void;
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
  private events: ClientEvents | undefined;
  private readonly apiId = 'api-1';

  /**
   * @param queueFor the queue that a request joins, as it is sent
   * @param gate undefined: whatever is asked for is let in
   * @param slackMs how far a worker's idea of the queue's clock may be off
   */
  constructor(
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    random: () => number,
    private readonly queueFor: (request: SimulatedRequest) => string,
    private readonly gate: ColdGate | undefined,
    private readonly slackMs: number,
    private readonly judgement: Judgement,
  ) {
    this.ids = new JobIds(() => queue.now(), random);
  }

  async start(): Promise<void> {
    await this.queue.listenForReplies(
      this.apiId,
      (replies) => this.hear(replies),
      () => {},
    );
    await this.gate?.start();
  }

  listen(events: ClientEvents): void {
    this.events = events;
  }

  /** Sends requests that are alike, together. @param before how often they were refused */
  async send(requests: readonly SimulatedRequest[], before = 0): Promise<void> {
    const [first] = requests;
    if (!first) return;
    this.events?.onAsked(first);
    const refusal = this.gate && (await this.gate.refusal(modelName(first.model), first.timeoutMs ?? LONGEST_MS));
    if (refusal) this.refuse(requests, refusal, before);
    else await this.enqueue(first, requests);
  }

  private refuse(requests: readonly SimulatedRequest[], refusal: Refused, before: number): void {
    const { code, retryAfterMs } = refusal;
    for (const request of requests) this.events?.onRefused(request, refusal, before);
    if (requests[0]?.comesAgain === true && before < MOST_COMEBACKS) {
      this.judgement.trace.note('client', 'refused', { request: requests[0].number, code, retryAfterMs });
      this.clock.after(retryAfterMs ?? COME_BACK_MS, () => {
        if (retryAfterMs !== undefined) for (const request of requests) this.events?.onComesAgain(request);
        void this.send(requests, before + 1);
      });
      return;
    }
    const endedAt = this.clock.now();
    const outcome: Outcome = { ok: false, error: refusal };
    for (const request of requests)
      this.tell({ request, jobId: '', sentAt: endedAt, endedAt, how: 'refused', outcome });
  }

  private async enqueue(first: SimulatedRequest, requests: readonly SimulatedRequest[]): Promise<void> {
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
    for (const { jobId, outcome } of replies) {
      const before = this.answers.get(jobId);
      if (before && !isSame(before, outcome))
        this.judgement.violated('one answer', `job ${jobId} is answered twice, and differently`);
      this.answers.set(jobId, outcome);
      this.end(jobId, outcome, 'replied');
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

  private end(jobId: string, outcome: Outcome, how: Ended['how']): void {
    const waiting = this.waiting.get(jobId);
    if (!waiting) return;
    this.waiting.delete(jobId);
    const { request, sentAt } = waiting;
    this.tell({ request, jobId, sentAt, endedAt: this.clock.now(), how, outcome });
    const fault = this.faultOf(waiting, outcome);
    if (fault) this.judgement.violated('one answer', `request ${request.number} (job ${jobId}) ${fault}`);
  }

  private tell(ended: Ended): void {
    this.ended.push(ended);
    this.events?.onEnd(ended);
    const { request, jobId, how, outcome } = ended;
    const code = outcome.ok ? 'ok' : outcome.error.code;
    this.judgement.trace.note('client', how, { request: request.number, jobId, code });
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
