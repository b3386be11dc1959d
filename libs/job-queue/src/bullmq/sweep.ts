import { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Judge, SweptJob, Verdict } from '../job-queue.js';
import { holderOf, newLeaseToken } from './lease-token.js';
import { ignoreLost } from './lost-lease.js';
import type { QueueHandle } from './queue-handles.js';
import { parseJobData } from './stored-job.js';

/** How long a sweeper holds a lapsed job's lock for itself while it puts the job back. */
const TAKE_OVER_MS = 2_000;

/**
 * Puts back what nobody holds. BullMQ's own stalled check takes 30 to 60 s by default, one process runs it for all, and
 * it counts against the job; this one looks at the locks themselves, and any number of processes may run it.
 *
 * A job is put back with the lock's own token, which BullMQ's script checks in the same step: when the lock has changed
 * hands in the meantime nothing happens. Where the lock has lapsed, the sweeper takes it first.
 */
export async function sweepQueue(redis: Redis, handle: QueueHandle, judge: Judge): Promise<SweptJob[]> {
  const { keys } = handle;
  const active = await redis.lrange(keys.active, 0, -1);
  if (active.length === 0) return [];
  const locks = await redis.mget(active.map((id) => keys.lock(id)));
  const verdicts = rememberVerdicts(judge);
  const swept = await Promise.all(
    active.map((id, index) => sweepJob(redis, handle, verdicts, id, locks[index] ?? undefined)),
  );
  return swept.flatMap((job) => job ?? []);
}

async function sweepJob(
  redis: Redis,
  handle: QueueHandle,
  judge: Judge,
  jobId: string,
  lock: string | undefined,
): Promise<SweptJob | undefined> {
  const holderOfLock = lock && holderOf(lock);
  // A lock that is not ours belongs to a plain BullMQ worker: as long as it lasts, the job is in good hands.
  if (lock && holderOfLock === undefined) return undefined;
  if (holderOfLock !== undefined && (await judge(holderOfLock)).alive) return undefined;

  const job = await Job.fromId(handle.queue, jobId);
  if (!job) {
    // Its hash was deleted under its holder: only its name is left in the list.
    await redis.lrem(handle.keys.active, 1, jobId);
    return undefined;
  }
  const holder = holderOfLock ?? job.processedBy ?? 'unknown';
  const verdict = await judge(holder);
  const token = lock ?? (await takeOver(redis, handle, jobId));
  if (!token) return undefined;

  const death = deathOf(jobId, verdict);
  if (death !== 'none') await recordDeath(job, death);
  const putBack = await job.moveToWait(token).then(() => true, ignoreLost);
  if (!putBack) return undefined;
  return { jobId, holder, reason: verdict.alive ? 'lease-lapsed' : 'holder-gone', death };
}

async function takeOver(redis: Redis, { keys }: QueueHandle, jobId: string): Promise<string | undefined> {
  const token = newLeaseToken('sweeper');
  const taken = await redis.set(keys.lock(jobId), token, 'PX', TAKE_OVER_MS, 'NX');
  return taken ? token : undefined;
}

export function deathOf(jobId: string, { alive, running }: Verdict): SweptJob['death'] {
  if (alive || !running.includes(jobId)) return 'none';
  return running.length > 1 ? 'in-company' : 'alone';
}

async function recordDeath(job: Job, death: 'in-company' | 'alone'): Promise<void> {
  const data = parseJobData(job.data);
  if (data) await job.updateData({ ...data, deaths: { ...data.deaths, [job.attemptsStarted]: death } });
}

/** Each holder is asked about once. */
export function rememberVerdicts(judge: Judge): Judge {
  const verdicts = new Map<string, Promise<Verdict>>();
  return (holder) => {
    let verdict = verdicts.get(holder);
    if (!verdict) verdicts.set(holder, (verdict = judge(holder)));
    return verdict;
  };
}
