/** A job as the script hands it out. */
export interface TakenJob {
  readonly id: string;
  readonly data: string;
  readonly attempt: number;
  readonly timestamp: number;
  readonly priority: number;
  readonly payload: Buffer | undefined;
  /** By BullMQ's stalled check. */
  readonly isGivenUp: boolean;
  /** It has nothing that only BullMQ's own scripts know how to end. */
  readonly isPlain: boolean;
}

export interface LeaseAnswer {
  /** Jobs of the part that did not fit into one call; negative when BullMQ is to be asked. */
  readonly left: number;
  readonly jobs: readonly TakenJob[];
}

/** @throws Error when it is not what scripts/lease.lua answers */
export function readLeaseAnswer(answer: unknown): LeaseAnswer {
  if (!Array.isArray(answer)) throw new Error('the script that leases answered no list');
  const [left, ...jobs] = answer;
  return { left: Number(left), jobs: jobs.map(readJob) };
}

function readJob(job: unknown): TakenJob {
  if (!Array.isArray(job)) throw new Error('the script that leases answered a job that is no list');
  const [id, data, attempt, timestamp, priority, payload, isGivenUp, isPlain] = job;
  return {
    id: String(id),
    data: String(data),
    attempt: Number(attempt),
    timestamp: Number(timestamp),
    priority: Number(priority),
    payload: Buffer.isBuffer(payload) ? payload : undefined,
    isGivenUp: isGivenUp === 1,
    isPlain: isPlain === 1,
  };
}
