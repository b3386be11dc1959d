import { holderOf } from '../bullmq/lease-token.js';
import { LEVEL_SCORES } from '../bullmq/levels.js';
import { parseJobData } from '../bullmq/stored-job.js';
import { deathOf, rememberVerdicts } from '../bullmq/sweep.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import { groupBy } from '../group-by.js';
import type { Judge, Lease, SweptJob } from '../job-queue.js';
import { inChunks } from './in-chunks.js';
import { parseJson } from './leased-data.js';
import { JOBS_PER_CALL, PUT_BACK } from './scripts.js';

/** A job that goes back to where it waits, if nothing has changed since. */
interface Returned {
  readonly jobId: string;
  /** Empty when its lock has lapsed. */
  readonly token: string;
  readonly attempt: string;
  /** What is to be written; empty when it stays as it is. */
  readonly data: string;
}

interface Suspect {
  readonly jobId: string;
  readonly lock: string | undefined;
  readonly holder: string;
  readonly attempt: string;
  readonly data: string;
}

/** Jobs come back: given back by their holders, or taken from those that are gone. */
export class Returning {
  constructor(private readonly parts: TransitionParts) {}

  async release(leases: readonly Lease[]): Promise<void> {
    const queues = [...groupBy(leases, ({ queue }) => queue)];
    await Promise.all(
      queues.map(([queue, ofQueue]) =>
        this.putBack(
          queue,
          ofQueue.map(({ jobId, token, attempt }) => ({ jobId, token, attempt: String(attempt), data: '' })),
        ),
      ),
    );
  }

  async sweep(queue: string, judge: Judge): Promise<SweptJob[]> {
    const verdicts = rememberVerdicts(judge);
    const swept: (SweptJob & Returned)[] = [];
    for (const { jobId, lock, holder, attempt, data } of await this.suspects(queue, verdicts)) {
      const verdict = await verdicts(holder);
      const death = deathOf(jobId, verdict);
      const reason = verdict.alive ? 'lease-lapsed' : 'holder-gone';
      swept.push({ jobId, holder, reason, death, token: lock ?? '', attempt, data: withDeath(data, attempt, death) });
    }
    const isBack = await this.putBack(queue, swept);
    return swept
      .filter((_, index) => isBack[index])
      .map(({ jobId, holder, reason, death }) => ({ jobId, holder, reason, death }));
  }

  /** Jobs that nobody holds any more, or whose holder is gone. */
  private async suspects(queue: string, judge: Judge): Promise<Suspect[]> {
    const { redis, handles } = this.parts;
    const keys = handles.keysOf(queue);
    const active = await redis.lrange(keys.active, 0, -1);
    if (active.length === 0) return [];
    const locks = await redis.mget(active.map((id) => keys.lock(id)));
    const suspects = await Promise.all(
      active.map(async (jobId, index): Promise<Suspect | undefined> => {
        const lock = locks[index] ?? undefined;
        const lockHolder = lock && holderOf(lock);
        // A lock that is not ours belongs to a plain BullMQ worker: as long as it lasts, the job is in good hands.
        if (lock && lockHolder === undefined) return undefined;
        if (lockHolder !== undefined && (await judge(lockHolder)).alive) return undefined;
        const [attempt, holder, data] = await redis.hmget(keys.job(jobId), 'ats', 'pb', 'data');
        return { jobId, lock, holder: lockHolder ?? holder ?? 'unknown', attempt: attempt ?? '0', data: data ?? '' };
      }),
    );
    return suspects.flatMap((suspect) => suspect ?? []);
  }

  /** @returns for each, in order, whether it was put back */
  private async putBack(queue: string, jobs: readonly Returned[]): Promise<boolean[]> {
    const { redis, handles } = this.parts;
    const { keys } = handles.of(queue);
    const { active, wait, prioritized, stalled, meta, marker, events } = keys;
    const answers = await Promise.all(
      inChunks(jobs, JOBS_PER_CALL).map((chunk) => {
        const entries = chunk.flatMap(({ jobId, token, attempt, data }) => [jobId, token, attempt, data]);
        const args = [keys.job(''), LEVEL_SCORES, ...entries];
        return PUT_BACK.run(redis, [active, wait, prioritized, stalled, meta, marker, events], args);
      }),
    );
    return answers.flatMap((answer) => (Array.isArray(answer) ? answer.map((code) => code === 1) : []));
  }
}

/** The data of a job with one more death, noted at its attempt: two sweepers that see the same death count it once. */
function withDeath(text: string, attempt: string, death: SweptJob['death']): string {
  const data = death === 'none' ? undefined : parseJobData(parseJson(text));
  return data ? JSON.stringify({ ...data, deaths: { ...data.deaths, [attempt]: death } }) : '';
}
