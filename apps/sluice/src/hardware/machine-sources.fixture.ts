import { formatCpuList, parseCpuList } from './cpu-list.js';
import type { RunProgram } from './read-gpus.js';
import type { TopologySources } from './read-topology.js';
import type { SystemFiles } from './system-files.js';

export interface MachineShape {
  /** Each node's CPUs, as its `cpulist` has them. */
  readonly nodes: readonly string[];
  /** SMT siblings are so many CPUs apart; undefined: a core has one hardware thread. */
  readonly siblingsApart?: number;
  /** Of each node. */
  readonly memoryKb?: number;
  /** `Cpus_allowed_list` and `Mems_allowed_list`; everything by default. */
  readonly allowed?: { readonly cpus: string; readonly mems: string };
  /** `numa_node` of PCI devices, by their address as the kernel writes it. */
  readonly devices?: Readonly<Record<string, number>>;
  /** What else is there, by its path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What `nvidia-smi` prints: for `--query-gpu`, for `topo -m`. */
  readonly nvidiaSmi?: { readonly query: string; readonly topo: string };
}

/** What is read of such a machine, in the kernel's own words. */
export function sourcesOf(shape: MachineShape): TopologySources {
  const { nvidiaSmi } = shape;
  const run: RunProgram = (program, [argument = '']) => {
    if (program !== 'nvidia-smi') return undefined;
    return argument === 'topo' ? nvidiaSmi?.topo : nvidiaSmi?.query;
  };
  return { platform: 'linux', files: filesOf(tree(shape)), run, parallelism: 6 };
}

function filesOf(texts: Readonly<Record<string, string>>): SystemFiles {
  return {
    text: (path) => texts[path],
    names: (folder) => {
      const inside = Object.keys(texts).filter((path) => path.startsWith(`${folder}/`));
      return [...new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))];
    },
  };
}

function tree({ nodes, siblingsApart, memoryKb = 1_048_576, allowed, devices = {}, files = {} }: MachineShape) {
  const cpus = nodes.flatMap(parseCpuList);
  const siblings = (cpu: number) => {
    if (siblingsApart === undefined) return `${cpu}`;
    const first = cpu % siblingsApart;
    return `${first},${first + siblingsApart}`;
  };
  const allCpus = formatCpuList(cpus);
  const allNodes = formatCpuList(nodes.map((_, id) => id));
  return {
    '/sys/devices/system/cpu/online': allCpus,
    ...Object.fromEntries(
      nodes.flatMap((list, id) => [
        [`/sys/devices/system/node/node${id}/cpulist`, list],
        [`/sys/devices/system/node/node${id}/meminfo`, `Node ${id} MemTotal:       ${memoryKb} kB`],
      ]),
    ),
    ...Object.fromEntries(
      cpus.map((cpu) => [`/sys/devices/system/cpu/cpu${cpu}/topology/core_cpus_list`, siblings(cpu)]),
    ),
    '/proc/self/status': [
      'Name:\tnode',
      'Cpus_allowed:\tff',
      `Cpus_allowed_list:\t${allowed?.cpus ?? allCpus}`,
      'Mems_allowed:\t1',
      `Mems_allowed_list:\t${allowed?.mems ?? allNodes}`,
    ].join('\n'),
    ...Object.fromEntries(
      Object.entries(devices).map(([address, node]) => [`/sys/bus/pci/devices/${address}/numa_node`, `${node}`]),
    ),
    ...files,
  };
}
