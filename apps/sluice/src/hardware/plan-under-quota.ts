import { CPU, type Device } from './choose-devices.js';
import type { MachineTopology } from './machine-topology.js';
import { placeDevices } from './place-devices.js';
import { spareCores, spareRemark } from './spare-cores.js';
import { seatAnywhere, seatOn, type WorkerPlan } from './worker-plan.js';

/**
 * The plan of a container that has so much CPU time, on any core. Which cores the machine's other containers use cannot
 * be seen from here, and all that chose as we do would choose the same ones: so no worker is bound closer than to its
 * node, and that only where it has a reason to be there.
 *
 * @param devices empty: the cores are the device
 * @param quota in CPUs
 */
export function planUnderQuota(
  { nodes, memoryNodes }: MachineTopology,
  devices: readonly Device[],
  services: readonly string[],
  quota: number,
): WorkerPlan {
  const sizes = nodes.map((node) => node.cores.length);
  const allCores = sizes.reduce((total, size) => total + size, 0);
  const cores = Math.max(1, Math.min(Math.floor(quota), allCores));
  const spare = spareCores(cores, services.length);
  const threads = cores - spare;
  const remarks = [
    `the quota is ${Number(quota.toFixed(2))} CPUs' time, on no cores in particular: workers are not bound to single cores`,
    spareRemark(spare, services),
  ];
  if (devices.length === 0 && threads <= Math.max(...sizes)) return { seats: [seatAnywhere(CPU, threads)], remarks };

  const placed = placeDevices(devices, nodes);
  const each = Math.max(1, Math.floor(threads / placed.placements.length));
  const seats = placed.placements.map((placement) => {
    const { cores: nodeCores } = placement.node;
    const cpus = nodes.length > 1 ? nodeCores.flat() : undefined;
    return seatOn(placement, { threads: Math.min(each, nodeCores.length), cpus }, memoryNodes);
  });
  return { seats, remarks: [...placed.remarks, ...remarks] };
}
