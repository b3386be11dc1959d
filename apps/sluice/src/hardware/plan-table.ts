import { counted } from '../doctor/counted.js';
import { inBytes } from '../doctor/in-bytes.js';
import type { Binding } from './bind-seats.js';
import { formatCpuList } from './cpu-list.js';
import type { MachineTopology } from './machine-topology.js';
import type { WorkerSeat } from './worker-plan.js';

/** What was found and what was chosen, for people. */
export interface PlanShown {
  readonly topology: MachineTopology;
  readonly workers: readonly { readonly name: string; readonly seat: WorkerSeat; readonly binding: Binding }[];
  readonly remarks: readonly string[];
}

const TITLES = ['worker', 'device', 'node', 'threads', 'bound to'];

export function planTable({ topology, workers, remarks }: PlanShown): string {
  const rows = workers.map(({ name, seat, binding }) => [
    name,
    deviceOf(seat),
    seat.node === undefined ? '-' : String(seat.node),
    String(seat.threads),
    boundTo(seat, binding),
  ]);
  const widths = TITLES.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [TITLES, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [
    `This machine: ${machine(topology)}`,
    '',
    ...lines.map((line) => `  ${line.trimEnd()}`),
    '',
    ...remarks.map((remark) => `  - ${remark}`),
    '',
  ].join('\n');
}

function machine({ nodes, gpus, machineCpus, unknown }: MachineTopology): string {
  const cores = nodes.flatMap((node) => node.cores);
  const threads = cores.flat().length;
  const memory = nodes.reduce((total, node) => total + node.memoryBytes, 0);
  const found =
    unknown === undefined
      ? `${counted(cores.length, 'core')}${threads > cores.length ? ` (${threads} hardware threads)` : ''} on ` +
        `${counted(nodes.length, 'NUMA node')}, ${inBytes(memory)}`
      : counted(machineCpus, 'hardware thread');
  return `${found}, ${gpus.length === 0 ? 'no NVIDIA GPU' : counted(gpus.length, 'GPU')}`;
}

function deviceOf({ device, gpu }: WorkerSeat): string {
  if (!gpu) return device;
  return `${device} (${gpu.name}${gpu.memoryBytes > 0 ? `, ${inBytes(gpu.memoryBytes)}` : ''})`;
}

function boundTo({ cpus, memoryNode }: WorkerSeat, { launcher, bindsMemory }: Binding): string {
  if (!cpus || launcher.length === 0) return 'nothing';
  const memory = bindsMemory ? `, memory of node ${memoryNode}` : '';
  return `CPUs ${formatCpuList(cpus)}${memory} (${launcher[0]})`;
}
