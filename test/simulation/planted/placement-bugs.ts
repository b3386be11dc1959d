import type { Cluster, ModelStatistics } from '@sluice/cluster';
import { Puller } from '../../../apps/worker/src/pull/puller.js';
import type { Plants } from '../simulation.js';
import { divert } from '../world/divert.js';

const MANY_TERMS = 100;
const NOTHING = { count: 0, ns: 0 };

/** A coordinator that believes in ten times the memory. */
export function ignoresBudgets(): Plants {
  const loads = (cluster: Cluster) => async () => {
    return (await cluster.loads()).map(({ memory, ...load }) => ({
      ...load,
      memory: memory && { ...memory, budgetBytes: 10 * memory.budgetBytes },
    }));
  };
  return { cluster: (cluster) => divert(cluster, { loads: loads(cluster) }) };
}

class CarelessPuller extends Puller {
  override async pull(...what: Parameters<Puller['pull']>) {
    const jobs = await super.pull(...what);
    for (const { model } of jobs ?? []) model.holds.drop();
    return jobs;
  }
}

/** A worker that lets go of models whose work it has leased. */
export function releasesWhatIsLeased(): Plants {
  return { providers: [{ provide: Puller, useClass: CarelessPuller }] };
}

/** A cluster that takes decisions whatever the term that they were made in. */
export function ignoresTheFence(): Plants {
  const assign =
    (cluster: Cluster): Cluster['assign'] =>
    async (fence, assignment) => {
      for (let term = fence; term < MANY_TERMS; term++) if (await cluster.assign(term, assignment)) return true;
      return false;
    };
  return { cluster: (cluster) => divert(cluster, { assign: assign(cluster) }) };
}

/** A coordinator that counts only what waits or was refused: what is served at once is not asked for. */
export function forgetsWhatIsServed(): Plants {
  const idle = (statistics: ModelStatistics): ModelStatistics => ({
    ...statistics,
    batches: [],
    requests: { ...statistics.requests, success: NOTHING },
  });
  const statistics =
    (cluster: Cluster): Cluster['statistics'] =>
    async (refs) =>
      (await cluster.statistics(refs)).map(idle);
  return { cluster: (cluster) => divert(cluster, { statistics: statistics(cluster) }) };
}

/** A coordinator whose decisions reach nobody. */
export function assignsNothing(): Plants {
  return { cluster: (cluster) => divert(cluster, { assign: async () => true }) };
}

/** A coordinator that has each model once, however many workers shall have it. */
export function ignoresTheMinimum(): Plants {
  const assign =
    (cluster: Cluster): Cluster['assign'] =>
    (fence, assignment) => {
      const placed = new Set<string>();
      const once = (queues: readonly string[]) => queues.filter((queue) => !placed.has(queue) && placed.add(queue));
      const workers = Object.entries(assignment.workers).map(([id, queues]) => [id, once(queues)] as const);
      return cluster.assign(fence, { ...assignment, workers: Object.fromEntries(workers) });
    };
  return { cluster: (cluster) => divert(cluster, { assign: assign(cluster) }) };
}

/** A coordinator that never hears of who was refused. */
export function hearsNobodyRefused(): Plants {
  return { cluster: (cluster) => divert(cluster, { askedFor: async () => new Map() }) };
}
