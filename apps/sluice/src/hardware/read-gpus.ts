import type { Gpu, NumaNode } from './machine-topology.js';
import type { SystemFiles } from './system-files.js';
import { parseTopologyMatrix, type GpuAffinity } from './topology-matrix.js';

/** Runs a program. @returns what it printed; undefined when it is not there or fails */
export type RunProgram = (program: string, args: readonly string[]) => string | undefined;

const COLUMNS = ['index', 'uuid', 'pci.bus_id', 'memory.total', 'name'] as const;
const MIB = 1024 ** 2;

/** NVIDIA's, by their index. */
export function readGpus(files: SystemFiles, run: RunProgram, nodes: readonly NumaNode[]): Gpu[] {
  const table = run('nvidia-smi', [`--query-gpu=${COLUMNS.join(',')}`, '--format=csv,noheader,nounits']);
  const rows = (table ?? '').split('\n').map((line) => line.split(',').map((cell) => cell.trim()));
  // What is no row of the table is a message: `No devices were found`.
  const found = rows.filter((row) => row.length >= COLUMNS.length);
  if (found.length === 0) return [];
  const matrix = parseTopologyMatrix(run('nvidia-smi', ['topo', '-m']) ?? '');
  return found.map(([index = '', uuid = '', address = '', mebibytes = '', ...name]) => ({
    index: Number(index),
    uuid,
    // A name may have commas of its own, so it comes last.
    name: name.join(', '),
    // `[N/A]` on machines whose GPU shares the memory of its CPU.
    memoryBytes: (Number(mebibytes) || 0) * MIB,
    node: nodeOfDevice(files, address) ?? nodeOfAffinity(matrix.get(Number(index)), nodes),
  }));
}

/** The kernel knows it from the firmware, and says -1 where that does not tell, as in many virtual machines. */
function nodeOfDevice(files: SystemFiles, address: string): number | undefined {
  const [domain = '', ...rest] = address.toLowerCase().split(':');
  // nvidia-smi writes the PCI domain with eight digits, the kernel with four unless it needs more.
  const shortDomain = Number.parseInt(domain, 16).toString(16).padStart(4, '0');
  const text = files.text(`/sys/bus/pci/devices/${[shortDomain, ...rest].join(':')}/numa_node`);
  const node = Number.parseInt(text ?? '-1', 10);
  return node >= 0 ? node : undefined;
}

function nodeOfAffinity(affinity: GpuAffinity | undefined, nodes: readonly NumaNode[]): number | undefined {
  if (!affinity) return undefined;
  const near = nodes.filter(({ cores }) => cores.some(([cpu = -1]) => affinity.cpus.includes(cpu))).map(({ id }) => id);
  const candidates = affinity.nodes.length > 0 ? affinity.nodes : near;
  // Near to several is as good as not known.
  return candidates.length === 1 ? candidates[0] : undefined;
}
