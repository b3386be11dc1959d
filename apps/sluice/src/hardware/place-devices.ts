import { CPU, type Device } from './choose-devices.js';
import type { NumaNode } from './machine-topology.js';

/** A device, and the node on which its worker runs. */
export interface Placement {
  readonly device: Device;
  readonly node: NumaNode;
}

export interface Placements {
  /** In the order of the devices. */
  readonly placements: readonly Placement[];
  readonly remarks: readonly string[];
}

/**
 * A device's worker lives on the node next to it. Where that is not known, or has no core that we may use, it goes where
 * there are most cores for each worker, after the others have got their places. Without devices every node is one.
 *
 * @param nodes one at least
 */
export function placeDevices(devices: readonly Device[], nodes: readonly NumaNode[]): Placements {
  if (devices.length === 0) return { placements: nodes.map((node) => ({ device: CPU, node })), remarks: [] };

  const near = devices.map(({ gpu }) => nodes.find(({ id }) => id === gpu?.node));
  const workers = new Map(nodes.map((node) => [node, near.filter((each) => each === node).length]));
  const remarks: string[] = [];
  const placements = devices.map((device, at) => {
    const home = near[at];
    if (home) return { device, node: home };
    const node = nodes.reduce((best, each) => (room(each, workers) > room(best, workers) ? each : best));
    workers.set(node, (workers.get(node) ?? 0) + 1);
    const remark = strayRemark(device, node, nodes.length);
    if (remark !== undefined) remarks.push(remark);
    return { device, node };
  });
  return { placements, remarks };
}

/** Cores for each worker, were there one more. */
function room(node: NumaNode, workers: ReadonlyMap<NumaNode, number>): number {
  return node.cores.length / ((workers.get(node) ?? 0) + 1);
}

function strayRemark({ name, gpu }: Device, given: NumaNode, nodes: number): string | undefined {
  if (gpu?.node !== undefined)
    return `${name} is next to node ${gpu.node}, of which this process may use no core: its worker is on node ${given.id}`;
  if (nodes === 1) return undefined;
  return `which node ${name} is next to is not known: its worker is on node ${given.id}, which has most cores to spare`;
}
