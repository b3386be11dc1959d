import { parseCpuList } from './cpu-list.js';
import type { NumaNode } from './machine-topology.js';
import type { SystemFiles } from './system-files.js';

const NODES = '/sys/devices/system/node';
const CPUS = '/sys/devices/system/cpu';

export interface NodesFound {
  /** With cores that we may use, by id. */
  readonly nodes: readonly NumaNode[];
  /** With memory that we may use. */
  readonly memoryNodes: readonly number[];
  readonly machineCpus: number;
}

/**
 * What `Cpus_allowed_list` says is what counts: a container's cpuset, a taskset, a unit's CPUAffinity all end there.
 *
 * @returns undefined when sysfs does not tell
 */
export function readNodes(files: SystemFiles): NodesFound | undefined {
  const online = parseCpuList(files.text(`${CPUS}/online`) ?? '');
  if (online.length === 0) return undefined;
  const status = files.text('/proc/self/status') ?? '';
  const allowedCpus = new Set(allowed(status, 'Cpus') ?? online);
  const usable = online.filter((cpu) => allowedCpus.has(cpu));

  // A kernel without NUMA has no nodes: all is one.
  const listed = nodeIds(files).map((id) => ({
    id,
    cpus: parseCpuList(files.text(`${NODES}/node${id}/cpulist`) ?? ''),
  }));
  const all = listed.length > 0 ? listed : [{ id: 0, cpus: online }];
  const nodes = all.map(({ id, cpus }) => ({
    id,
    cores: physicalCores(files, usable, cpus),
    memoryBytes: memoryOf(files, id),
  }));
  const mems = allowed(status, 'Mems');
  return {
    nodes: nodes.filter(({ cores }) => cores.length > 0),
    memoryNodes: nodes
      .filter(({ id, memoryBytes }) => memoryBytes > 0 && mems?.includes(id) !== false)
      .map(({ id }) => id),
    machineCpus: online.length,
  };
}

function nodeIds(files: SystemFiles): number[] {
  const ids = files.names(NODES).flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? []);
  return ids.map(Number).toSorted((a, b) => a - b);
}

/** Ordered by their first hardware thread. */
function physicalCores(files: SystemFiles, usable: readonly number[], nodeCpus: readonly number[]): number[][] {
  const cores = new Map<string, number[]>();
  for (const cpu of usable.filter((each) => nodeCpus.includes(each))) {
    const topology = `${CPUS}/cpu${cpu}/topology`;
    // The same for all threads of a core; the second is its older name.
    const core = files.text(`${topology}/core_cpus_list`) ?? files.text(`${topology}/thread_siblings_list`) ?? `${cpu}`;
    cores.set(core, [...(cores.get(core) ?? []), cpu]);
  }
  return [...cores.values()];
}

function memoryOf(files: SystemFiles, node: number): number {
  const ofNode = files.text(`${NODES}/node${node}/meminfo`);
  const meminfo = ofNode ?? (node === 0 ? files.text('/proc/meminfo') : undefined) ?? '';
  return Number(/MemTotal:\s+(\d+) kB/.exec(meminfo)?.[1] ?? 0) * 1024;
}

/** Of /proc/self/status; undefined when it does not tell. */
function allowed(status: string, what: 'Cpus' | 'Mems'): number[] | undefined {
  const list = new RegExp(`^${what}_allowed_list:\\s*(\\S+)$`, 'm').exec(status)?.[1];
  return list === undefined ? undefined : parseCpuList(list);
}
