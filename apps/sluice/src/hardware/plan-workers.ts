import { chooseDevices, CPU, type Device } from './choose-devices.js';
import { divideCores } from './divide-cores.js';
import type { MachineTopology } from './machine-topology.js';
import { placeDevices } from './place-devices.js';
import { planUnderQuota } from './plan-under-quota.js';
import { spareCores, spareRemark } from './spare-cores.js';
import { seatAnywhere, seatOn, type WorkerPlan } from './worker-plan.js';

export interface PlanRequest {
  /** SLUICE_DEVICE, when it is set. */
  readonly device: string | undefined;
  /** What runs on this machine beside the workers: the API, and Redis unless that is elsewhere. */
  readonly services: readonly string[];
}

/**
 * How many workers this machine should have, and where each of them.
 *
 * A GPU has a worker of its own, on the cores and memory of the node next to it. Without GPUs a NUMA node has one: one
 * engine with a thread on each core is as fast as several with fewer, on one copy of the model and with larger batches.
 * Across nodes that ends: the threads of one run would wait for each other over the interconnect.
 *
 * A thread is planned for a physical core. Its SMT siblings belong to the worker as well, for what it does beside:
 * leasing, packing, answering.
 *
 * @param topology its GPUs those that CUDA shows, in CUDA's order
 */
export function planWorkers(topology: MachineTopology, { device, services }: PlanRequest): WorkerPlan {
  const devices = chooseDevices(topology.gpus, device);
  const { unknown, nodes, machineCpus, cpuQuota } = topology;
  if (unknown !== undefined) return planBlindly(topology, devices, unknown);

  const cpus = nodes.flatMap(({ cores }) => cores.flat()).length;
  const isQuotaFelt = cpuQuota !== undefined && cpuQuota < cpus;
  const { seats, remarks } = isQuotaFelt
    ? planUnderQuota(topology, devices, services, cpuQuota)
    : planOnCores(topology, devices, services);
  const isWithoutChoice = topology.memoryNodes.length < 2 && seats.some((seat) => seat.cpus !== undefined);
  return {
    seats,
    remarks: [
      ...(cpus < machineCpus ? [`this process may use ${cpus} of the machine's ${machineCpus} hardware threads`] : []),
      ...(isWithoutChoice ? ['one NUMA node: no memory to choose, only cores to bind to'] : []),
      ...remarks,
    ],
  };
}

function planOnCores(topology: MachineTopology, devices: readonly Device[], services: readonly string[]): WorkerPlan {
  const { nodes, memoryNodes } = topology;
  const { placements, remarks } = placeDevices(devices, nodes);
  const toSpare = spareCores(nodes.flatMap(({ cores }) => cores).length, services.length);
  const homes = placements.map(({ node }) => node);
  const { groups, spare } = divideCores(homes, nodes, toSpare);
  const taken = groups.flat();
  const isCrowded = new Set(taken).size < taken.length;
  return {
    seats: placements.map((placement, at) => {
      const cores = groups[at] ?? [];
      return seatOn(placement, { threads: cores.length, cpus: cores.flat() }, memoryNodes);
    }),
    remarks: [
      ...remarks,
      ...(isCrowded ? ['there are more GPUs than cores beside them: some workers take turns on a core'] : []),
      spareRemark(spare.length, services),
    ],
  };
}

function planBlindly(topology: MachineTopology, devices: readonly Device[], why: string): WorkerPlan {
  const all = devices.length > 0 ? devices : [CPU];
  const cpus = Math.floor(Math.min(topology.machineCpus, topology.cpuQuota ?? Infinity));
  const threads = Math.max(1, Math.floor(cpus / all.length));
  return {
    seats: all.map((device) => seatAnywhere(device, threads)),
    remarks: [`where the cores lie is not known (${why}): nothing is bound, and SMT siblings count as cores`],
  };
}
