import type { NumaNode, PhysicalCore } from './machine-topology.js';

/** Cores for every worker, and those that are left. */
export interface CoreDivision {
  /** For each worker, in their order; one core at least. */
  readonly groups: readonly (readonly PhysicalCore[])[];
  readonly spare: readonly PhysicalCore[];
}

/**
 * Divides each node's cores among its workers, neighbours together. What is to be left comes from the nodes where a
 * worker has most cores, so first from those that have no worker. More workers than cores take turns on them.
 *
 * @param homes the node of each worker
 * @param spare how many cores are to be left at least
 */
export function divideCores(homes: readonly NumaNode[], nodes: readonly NumaNode[], spare: number): CoreDivision {
  const workersOf = (node: NumaNode) => homes.filter((home) => home === node).length;
  const remaining = new Map(nodes.map((node) => [node, [...node.cores]]));
  const coresOf = (node: NumaNode) => remaining.get(node) ?? [];
  const spared = nodes.filter((node) => workersOf(node) === 0).flatMap((node) => coresOf(node).splice(0));

  const perWorker = (node: NumaNode) => coresOf(node).length / workersOf(node);
  while (spared.length < spare) {
    const givers = nodes.filter((node) => perWorker(node) > 1);
    if (givers.length === 0) break;
    const giver = givers.reduce((best, node) => (perWorker(node) > perWorker(best) ? node : best));
    // The first ones: a machine's interrupts are mostly there.
    spared.push(...coresOf(giver).splice(0, 1));
  }

  const groups = homes.map((home, at) => {
    const place = homes.slice(0, at).filter((each) => each === home).length;
    return part(coresOf(home), place, workersOf(home));
  });
  return { groups, spare: spared };
}

/** The `place`th of `parts` parts that differ by one core at most. */
function part(cores: readonly PhysicalCore[], place: number, parts: number): readonly PhysicalCore[] {
  if (cores.length < parts) return cores.slice(place % cores.length, (place % cores.length) + 1);
  return cores.slice(Math.floor((place * cores.length) / parts), Math.floor(((place + 1) * cores.length) / parts));
}
