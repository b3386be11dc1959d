import { availableParallelism } from 'node:os';
import { sourcesOf, type MachineShape } from './machine-sources.fixture.js';
import { CPUSET, EIGHT_GPUS, EPYC_NPS4, QUOTA, SMALL, TWO_SOCKETS } from './machines.fixture.js';
import { readTopology } from './read-topology.js';

function read(shape: MachineShape) {
  return readTopology(sourcesOf(shape));
}

describe('readTopology', () => {
  it('finds the cores and the memory of one node', () => {
    expect(read(SMALL)).toEqual({
      nodes: [{ id: 0, cores: [[0], [1]], memoryBytes: 16_300_000 * 1024 }],
      memoryNodes: [0],
      machineCpus: 2,
      cpuQuota: undefined,
      gpus: [],
      unknown: undefined,
    });
  });

  it('knows SMT siblings for one core', () => {
    const { nodes, machineCpus } = read(TWO_SOCKETS);
    expect(machineCpus).toBe(32);
    expect(nodes.map(({ cores }) => cores.length)).toEqual([8, 8]);
    expect(nodes[1]?.cores[0]).toEqual([8, 24]);
  });

  it('finds the parts of one socket', () => {
    const { nodes, memoryNodes } = read(EPYC_NPS4);
    expect(nodes.map(({ id, cores }) => [id, cores.length])).toEqual([
      [0, 16],
      [1, 16],
      [2, 16],
      [3, 16],
    ]);
    expect(memoryNodes).toEqual([0, 1, 2, 3]);
  });

  it('sees no more of the machine than a container may use', () => {
    const { nodes, machineCpus } = read(CPUSET);
    expect(nodes.map(({ id, cores }) => ({ id, cores }))).toEqual([{ id: 1, cores: [[9, 25], [10]] }]);
    expect(machineCpus).toBe(32);
  });

  it('leaves out the memory of nodes that a container may not use', () => {
    expect(read({ ...CPUSET, allowed: { cpus: '9', mems: '1' } }).memoryNodes).toEqual([1]);
  });

  it('finds eight GPUs beside their nodes', () => {
    const { gpus } = read(EIGHT_GPUS);
    expect(gpus.map(({ index, node }) => [index, node])).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i, i < 4 ? 0 : 1]),
    );
    expect(gpus[7]).toEqual({
      index: 7,
      uuid: 'GPU-00000007-3ad6-11ef-9f5c-2b7c1d0e4a55',
      name: 'NVIDIA H100 80GB HBM3',
      memoryBytes: 81_559 * 1024 ** 2,
      node: 1,
    });
  });

  it('believes `topo -m` where sysfs says -1', () => {
    const devices = Object.fromEntries(Object.keys(EIGHT_GPUS.devices ?? {}).map((address) => [address, -1]));
    const nodes = (shape: MachineShape) => read({ ...shape, devices }).gpus.map(({ node }) => node);
    expect(nodes(EIGHT_GPUS)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);

    // Older drivers have no column for the node, and some machines tell of no affinity.
    const { query = '', topo = '' } = EIGHT_GPUS.nvidiaSmi ?? {};
    const older = topo.replaceAll('\tNUMA Affinity\tGPU NUMA ID', '').replaceAll(/\t[01]\t\tN\/A$/gm, '');
    expect(nodes({ ...EIGHT_GPUS, nvidiaSmi: { query, topo: older } })).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    const silent = topo.replaceAll(/\t[\d,-]+\t[01]\t\tN\/A$/gm, '\tN/A\tN/A\t\tN/A');
    expect(nodes({ ...EIGHT_GPUS, nvidiaSmi: { query, topo: silent } })).toEqual(Array(8).fill(undefined));
  });

  it.each(['No devices were found', 'NVIDIA-SMI has failed because it could not reach the driver.', ''])(
    'takes %j for no GPU',
    (query) => {
      expect(read({ ...SMALL, nvidiaSmi: { query, topo: '' } }).gpus).toEqual([]);
    },
  );

  it('says what it lacks when sysfs is missing, and on other systems', () => {
    const sources = sourcesOf(SMALL);
    const files = { text: () => undefined, names: () => [] };
    expect(readTopology({ ...sources, files })).toMatchObject({
      nodes: [],
      machineCpus: 6,
      unknown: expect.stringContaining('/sys/devices/system'),
    });
    expect(readTopology({ ...sources, platform: 'darwin' })).toMatchObject({
      nodes: [],
      machineCpus: 6,
      unknown: expect.stringContaining('only Linux'),
    });
  });

  it.runIf(process.platform === 'linux')('finds on this machine as many hardware threads as Node does', () => {
    const { nodes, machineCpus, cpuQuota } = readTopology();
    const found = nodes.flatMap(({ cores }) => cores.flat()).length || machineCpus;
    // Newer versions of Node count the quota in.
    expect(availableParallelism()).toBeLessThanOrEqual(found);
    if (cpuQuota === undefined) expect(found).toBe(availableParallelism());
  });
});

describe('the quota', () => {
  it('is the least of all levels', () => {
    expect(read(QUOTA).cpuQuota).toBe(2.5);
    const nested = { '/proc/self/cgroup': '0::/a/b', '/sys/fs/cgroup/a/cpu.max': '50000 100000' };
    expect(read({ ...SMALL, files: { ...nested, '/sys/fs/cgroup/a/b/cpu.max': '100000 100000' } }).cpuQuota).toBe(0.5);
    expect(read({ ...SMALL, files: { ...nested, '/sys/fs/cgroup/a/b/cpu.max': 'max 100000' } }).cpuQuota).toBe(0.5);
  });

  it('is read from cgroups of version 1', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/docker/3f\n2:cpu,cpuacct:/docker/3f',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
    };
    expect(read({ ...SMALL, files }).cpuQuota).toBe(1.5);
  });
});
