import type { Device } from './choose-devices.js';
import type { Gpu } from './machine-topology.js';
import type { Placement } from './place-devices.js';

export interface WorkerPlan {
  /** One for each worker. */
  readonly seats: readonly WorkerSeat[];
  /** What a person should know of the choice. */
  readonly remarks: readonly string[];
}

/** Where one worker is to run. */
export interface WorkerSeat {
  /** As SLUICE_DEVICE takes it. */
  readonly device: string;
  /** Undefined for what is no GPU, or none that was found. */
  readonly gpu: Gpu | undefined;
  /** Undefined when it is nowhere in particular. */
  readonly node: number | undefined;
  /** Of one run on the CPU: one for each physical core. */
  readonly threads: number;
  /** Hardware threads to bind it to, SMT siblings included; undefined when it is not to be bound. */
  readonly cpus: readonly number[] | undefined;
  /** The node whose memory it is to use; undefined where there is no choice. */
  readonly memoryNode: number | undefined;
}

/** @param memoryNodes nodes of whose memory we may take */
export function seatOn(
  { device, node }: Placement,
  part: Pick<WorkerSeat, 'threads' | 'cpus'>,
  memoryNodes: readonly number[],
): WorkerSeat {
  const hasChoice = memoryNodes.length > 1 && memoryNodes.includes(node.id);
  return { device: device.name, gpu: device.gpu, node: node.id, ...part, memoryNode: hasChoice ? node.id : undefined };
}

export function seatAnywhere(device: Device, threads: number): WorkerSeat {
  return { device: device.name, gpu: device.gpu, node: undefined, threads, cpus: undefined, memoryNode: undefined };
}
