import { parseJobData, type StoredJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import type { Lease } from '../job-queue.js';

/** The data of each job that was leased here; that of a lease from elsewhere is looked up. */
export class LeasedData {
  private readonly data = new WeakMap<Lease, StoredJobData>();

  constructor(private readonly parts: Pick<TransitionParts, 'redis' | 'handles'>) {}

  remember(lease: Lease, data: StoredJobData): void {
    this.data.set(lease, data);
  }

  /** Undefined when the job is gone, or is not Sluice's. */
  async find(lease: Lease): Promise<StoredJobData | undefined> {
    const known = this.data.get(lease);
    if (known) return known;
    const { redis, handles } = this.parts;
    const text = await redis.hget(handles.keysOf(lease.queue).job(lease.jobId), 'data');
    return text === null ? undefined : parseJobData(parseJson(text));
  }
}

/** Undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
