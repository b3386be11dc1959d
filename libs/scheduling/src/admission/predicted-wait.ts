import type { CostReport } from '../batching/cost-model.js';

/** What waits in the fleet, and who works on it. */
export interface FleetLoad {
  readonly workers: readonly FleetWorker[];
  readonly queues: ReadonlyMap<string, QueueLoad>;
}

interface FleetWorker {
  readonly queues: readonly string[];
  /** Part of its device that inference can count on now: 1, or its share while updates wait. */
  readonly capacity: number;
}

interface QueueLoad {
  readonly waitingRows: number;
  /** Of one device; undefined when nothing has run yet. */
  readonly cost: CostReport | undefined;
  /** Rows of a full batch. */
  readonly maxRows: number;
}

/**
 * How long a job that arrives now would wait for its start, in ms: the work ahead of it over the devices that do it.
 *
 * A queue's work is spread over all workers that serve it; what of it falls on the workers of this queue is ahead of the
 * job. Work is counted in full batches; of its own queue's last, unfilled one the job becomes a part. The runs that are
 * in progress are not counted: see `admit`.
 *
 * @returns undefined when the queue's cost is not known: then admit, or it never will be. Other queues of unknown cost
 *   count for nothing: what is refused nevertheless is refused rightly. Infinity when no worker serves the queue: a job
 *   that waits for nobody never starts
 */
export function predictedWaitMs(queue: string, load: FleetLoad): number | undefined {
  const capacity = capacityFor(queue, load, () => true);
  if (capacity <= 0) return Infinity;
  const own = load.queues.get(queue);
  if (!own?.cost) return undefined;
  let aheadMs = fullBatches(own) * batchMs(own.cost, own.maxRows);
  for (const [other, { cost, ...rest }] of load.queues) {
    if (other === queue || !cost) continue;
    const shared = capacityFor(other, load, (worker) => worker.queues.includes(queue));
    if (shared <= 0) continue;
    aheadMs += (workMs({ cost, ...rest }) * shared) / capacityFor(other, load, () => true);
  }
  return aheadMs / capacity;
}

function capacityFor(queue: string, { workers }: FleetLoad, counts: (worker: FleetWorker) => boolean): number {
  return workers
    .filter((worker) => worker.queues.includes(queue) && counts(worker))
    .reduce((sum, { capacity }) => sum + capacity, 0);
}

function workMs(load: QueueLoad & { readonly cost: CostReport }): number {
  const batches = fullBatches(load);
  const rest = load.waitingRows - batches * load.maxRows;
  return batches * batchMs(load.cost, load.maxRows) + (rest > 0 ? batchMs(load.cost, rest) : 0);
}

function fullBatches({ waitingRows, maxRows }: QueueLoad): number {
  return Math.floor(waitingRows / maxRows);
}

function batchMs({ fixedMs, perRowMs }: CostReport, rows: number): number {
  return fixedMs + perRowMs * rows;
}
