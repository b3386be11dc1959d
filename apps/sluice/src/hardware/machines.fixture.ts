import type { MachineShape } from './machine-sources.fixture.js';

/** A virtual machine with two cores and cgroups of version 1 that limit nothing: as one of CI's is. */
export const SMALL: MachineShape = {
  nodes: ['0-1'],
  memoryKb: 16_300_000,
  files: {
    '/proc/self/cgroup': '9:name=systemd:/\n4:memory:/user/87b5\n3:cpuset:/\n1:cpu:/\n0::/',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  },
};

/** Two sockets of 8 cores, SMT siblings 16 apart. */
export const TWO_SOCKETS: MachineShape = {
  nodes: ['0-7,16-23', '8-15,24-31'],
  siblingsApart: 16,
  memoryKb: 65_800_000,
};

/** One EPYC of 64 cores in four parts (NPS4), SMT siblings 64 apart. */
export const EPYC_NPS4: MachineShape = {
  nodes: ['0-15,64-79', '16-31,80-95', '32-47,96-111', '48-63,112-127'],
  siblingsApart: 64,
};

const HOPPERS = [0x1b, 0x43, 0x52, 0x61, 0x9d, 0xc3, 0xd1, 0xdf].map((bus) => bus.toString(16));
const LINKS = (of: number) => HOPPERS.map((_, to) => (to === of ? ' X ' : 'NV18'));

/** Eight GPUs on two sockets of 56 cores, with two network cards. nvidia-smi underlines the title line. */
export const EIGHT_GPUS: MachineShape = {
  nodes: ['0-55,112-167', '56-111,168-223'],
  siblingsApart: 112,
  memoryKb: 1_056_000_000,
  devices: Object.fromEntries(HOPPERS.map((bus, index) => [`0000:${bus}:00.0`, index < 4 ? 0 : 1])),
  nvidiaSmi: {
    query: HOPPERS.map(
      (bus, index) =>
        `${index}, GPU-0000000${index}-3ad6-11ef-9f5c-2b7c1d0e4a55, 00000000:${bus.toUpperCase()}:00.0, 81559, NVIDIA H100 80GB HBM3`,
    ).join('\n'),
    topo: [
      `\t\u001B[4m${HOPPERS.map((_, index) => `GPU${index}`).join('\t')}\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\u001B[0m`,
      ...HOPPERS.map((_, index) =>
        index < 4
          ? `GPU${index}\t${LINKS(index).join('\t')}\tPIX\tSYS\t0-55,112-167\t0\t\tN/A`
          : `GPU${index}\t${LINKS(index).join('\t')}\tSYS\tPIX\t56-111,168-223\t1\t\tN/A`,
      ),
      'NIC0\tPIX\tPIX\tPIX\tPIX\tSYS\tSYS\tSYS\tSYS\t X \tSYS\t\t\t\t',
      'NIC1\tSYS\tSYS\tSYS\tSYS\tPIX\tPIX\tPIX\tPIX\tSYS\t X \t\t\t\t',
      '',
      'Legend:',
      '',
      '  X    = Self',
      '  NIC0: mlx5_0',
    ].join('\n'),
  },
};

/** A container with CPUs of one core and of half another, on a machine with two sockets. */
export const CPUSET: MachineShape = { ...TWO_SOCKETS, allowed: { cpus: '9-10,25', mems: '0-1' } };

/** A container whose cgroup, of version 2, grants it the time of 2.5 of 64 CPUs. */
export const QUOTA: MachineShape = {
  nodes: ['0-31', '32-63'],
  files: {
    '/proc/self/cgroup': '0::/../../pod7/web',
    '/sys/fs/cgroup/cpu.max': '250000 100000',
  },
};
