import type { ModelCost, WorkerLoad, WorkerReport } from '@sluice/cluster';
import { inferenceQueue, INFERENCE_CLASS, MODEL_UPDATE_CLASS } from '@sluice/contracts';
import type { FleetLoad } from '@sluice/scheduling';

/** What batches of a queue cost on one device. */
export type QueueCost = Pick<ModelCost, 'fixedMs' | 'perRowMs' | 'error' | 'observations' | 'maxRows'>;

/** What took no time at all still weighs something. */
const SHORTEST_MS = 0.001;

/** Who serves which queues, and what that costs, put together from what the workers tell. */
export class Fleet {
  static readonly UNKNOWN = new Fleet([], []);

  readonly workers: FleetLoad['workers'];
  private readonly costs = new Map<string, QueueCost>();
  private readonly rivals = new Map<string, readonly string[]>();

  /**
   * @param reports of workers alive
   * @param loads that are fresh: who tells nothing is counted on for nothing
   */
  constructor(reports: readonly WorkerReport[], loads: readonly WorkerLoad[]) {
    const serving = reports.flatMap((report) => {
      const load = loads.find(({ workerId }) => workerId === report.id);
      return load && report.state !== 'draining' ? { load, queues: queuesOf(report) } : [];
    });
    this.workers = serving.map(({ load, queues }) => ({ queues, capacity: capacityOf(load) }));
    for (const queue of new Set(serving.flatMap(({ queues }) => queues))) {
      const costs = serving.flatMap(({ load, queues }) =>
        queues.includes(queue) ? (usualCost(load, queue) ?? []) : [],
      );
      if (costs.length > 0) this.costs.set(queue, meanCost(costs));
    }
    for (const queue of this.costs.keys()) {
      const shared = this.workers.filter(({ queues }) => queues.includes(queue)).flatMap(({ queues }) => queues);
      const known = [...new Set(shared)].filter((other) => other !== queue && this.costs.has(other));
      this.rivals.set(queue, known);
    }
  }

  /** Undefined when nobody serves the queue, or nothing has run yet of those who do. */
  costOf(queue: string): QueueCost | undefined {
    return this.costs.get(queue);
  }

  /** The other queues of known cost whose work goes to the same workers. */
  rivalsOf(queue: string): readonly string[] {
    return this.rivals.get(queue) ?? [];
  }
}

function queuesOf({ models }: WorkerReport): string[] {
  return models.flatMap((report) => (report.state === 'ready' ? inferenceQueue(report) : []));
}

/** The part of the device that inference has while updates are at work on it, or wait. */
function capacityOf({ classes }: WorkerLoad): number {
  const update = classes.find(({ name }) => name === MODEL_UPDATE_CLASS);
  if (!update?.busy) return 1;
  const inference = classes
    .filter(({ name, busy }) => name === INFERENCE_CLASS || (busy && name !== MODEL_UPDATE_CLASS))
    .reduce((sum, { weight }) => sum + weight, 0);
  return inference / (inference + update.weight);
}

/** Of the sizes that a worker tells apart, the one that it runs most. */
function usualCost({ costs }: WorkerLoad, queue: string): QueueCost | undefined {
  return costs
    .filter((cost) => cost.queue === queue)
    .toSorted((one, other) => other.observations - one.observations)
    .at(0);
}

/**
 * Of one device, where they differ: such that as many devices of this cost do as much a second as these do. That is the
 * harmonic mean of what a full batch takes; the usual mean would make a slow device beside a fast one look like two slow
 * ones.
 */
function meanCost(costs: readonly QueueCost[]): QueueCost {
  const speeds = costs.map(({ fixedMs, perRowMs, maxRows }) => 1 / Math.max(SHORTEST_MS, fixedMs + perRowMs * maxRows));
  const all = speeds.reduce((sum, speed) => sum + speed, 0);
  const mean = (value: (cost: QueueCost) => number) =>
    costs.reduce((sum, cost, index) => sum + (value(cost) * speeds[index]!) / all, 0);
  return {
    fixedMs: mean(({ fixedMs }) => fixedMs),
    perRowMs: mean(({ perRowMs }) => perRowMs),
    maxRows: Math.max(1, Math.round(mean(({ maxRows }) => maxRows))),
    error: undefined,
    observations: costs.reduce((sum, { observations }) => sum + observations, 0),
  };
}
