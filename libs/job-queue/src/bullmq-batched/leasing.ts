import type { OneByOne } from '../bullmq/one-by-one.js';
import { newLeaseToken } from '../bullmq/lease-token.js';
import { countDeaths, parseJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import { messageOf, SluiceError } from '@sluice/contracts';
import { expiredError, inputGoneError } from '../expiry.js';
import type { DroppedJob, Lease, LeasedJob, LeaseRequest, LeaseResult } from '../job-queue.js';
import { readLeaseAnswer, type LeaseAnswer, type TakenJob } from './lease-answer.js';
import { parseJson, type LeasedData } from './leased-data.js';
import { JOBS_PER_CALL, LEASE } from './scripts.js';
import type { Settling } from './settling.js';

type Refused = Omit<DroppedJob, 'jobId'> & { readonly lease: Lease };

/** Jobs go out: what they hold, the fair part and the locks in one call. */
export class Leasing {
  constructor(
    private readonly parts: TransitionParts,
    private readonly leased: LeasedData,
    private readonly settling: Settling,
    private readonly oneByOne: OneByOne,
  ) {}

  async lease(queue: string, request: LeaseRequest): Promise<LeaseResult> {
    const { holder } = request;
    const token = newLeaseToken(holder);
    const taken = await this.takeAll(queue, request, token).catch((error: unknown) => {
      const message = `could not lease from ${queue}: ${messageOf(error)}`;
      throw new SluiceError('redis_unavailable', message, { cause: error });
    });
    if (!taken) return this.oneByOne.lease(queue, request);
    return taken.length === 0 ? { jobs: [], dropped: [] } : this.open(queue, holder, token, taken);
  }

  /** A large part in several calls. Undefined when BullMQ is to be asked. */
  private async takeAll(queue: string, request: LeaseRequest, token: string): Promise<TakenJob[] | undefined> {
    const taken: TakenJob[] = [];
    let next: LeaseRequest = request;
    for (;;) {
      const { left, jobs } = await this.take(queue, next, token).catch((error: unknown) => {
        if (taken.length === 0) throw error;
        // What is held is not to wait until it lapses.
        return { left: 0, jobs: [] };
      });
      if (left < 0) return taken.length === 0 ? undefined : taken;
      taken.push(...jobs);
      if (left === 0 || jobs.length === 0) return taken;
      next = { holder: request.holder, max: left, spare: left };
    }
  }

  private async take(
    queue: string,
    { holder, max, spare = 0, part = 'fair' }: LeaseRequest,
    token: string,
  ): Promise<LeaseAnswer> {
    const { redis, handles, clock, listening, settings } = this.parts;
    const { keys } = handles.of(queue);
    const { wait, prioritized, delayed, active, meta, events, marker, priorityCounter } = keys;
    const { present } = listening;
    const endsAt = present?.endsAt;
    const left = endsAt === undefined ? [] : (present?.keys ?? []);
    const states = [wait, prioritized, delayed, active, meta, events, marker, priorityCounter];
    const request = [holder, max, spare, part, JOBS_PER_CALL, listening.id, endsAt ?? ''];
    const answer = readLeaseAnswer(
      await LEASE.runForBytes(
        redis,
        [...states, keys.listening, ...left],
        [keys.job(''), clock.now(), token, settings.leaseMs, ...request],
      ),
    );
    // Whoever is counted as listening until then leaves what is its part.
    if (answer.jobs.length > 0) listening.end(present, { hasLeft: endsAt !== undefined });
    return answer;
  }

  private async open(queue: string, holder: string, token: string, taken: readonly TakenJob[]): Promise<LeaseResult> {
    const opened = await Promise.all(
      taken.map((job) => this.openOne({ queue, jobId: job.id, holder, token, attempt: job.attempt }, job)),
    );
    const jobs = opened.flatMap((each) => ('error' in each ? [] : [each]));
    const refused = opened.flatMap((each) => ('error' in each ? [each] : []));
    return { jobs, dropped: refused.length === 0 ? [] : await this.drop(refused) };
  }

  private async drop(refused: readonly Refused[]): Promise<DroppedJob[]> {
    const settled = await this.settling.settle(
      refused.map(({ lease, error }) => ({ lease, outcome: { ok: false, error } })),
    );
    return refused
      .filter((_, index) => settled[index] === 'settled')
      .map(({ lease: { jobId }, error }) => ({ jobId, error }));
  }

  private async openOne(lease: Lease, job: TakenJob): Promise<LeasedJob | Refused> {
    const data = parseJobData(parseJson(job.data));
    if (!data) {
      const message = `job ${job.id} was not written by Sluice: it has none of the fields that a request has`;
      return { lease, error: { code: 'invalid_request', message } };
    }
    if (job.isPlain) this.leased.remember(lease, data);
    const { expiresAt } = data;
    const { bytes, clock, handles } = this.parts;
    if (expiresAt <= clock.now()) return { lease, error: expiredError(clock.now() - job.timestamp) };
    const stored = data.payload;
    const isHere = 'field' in stored;
    const payload = isHere ? job.payload : await bytes.get(stored, handles.keysOf(lease.queue).job(job.id));
    if (!payload || (isHere && payload.byteLength !== stored.bytes)) return { lease, error: inputGoneError() };
    const deaths = countDeaths(data);
    return {
      lease,
      priority: job.priority,
      enqueuedAt: job.timestamp,
      expiresAt,
      payload,
      // BullMQ's stalled check (of a plain worker beside us) gave the job up; Sluice counts it as one more death.
      deaths: job.isGivenUp ? { ...deaths, inCompany: deaths.inCompany + 1 } : deaths,
    };
  }
}
