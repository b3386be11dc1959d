import { formatCpuList } from './cpu-list.js';
import { sourcesOf, type MachineShape } from './machine-sources.fixture.js';
import { CPUSET, EIGHT_GPUS, EPYC_NPS4, QUOTA, SMALL, TWO_SOCKETS } from './machines.fixture.js';
import { planWorkers } from './plan-workers.js';
import { readTopology } from './read-topology.js';

const BOTH = ['the API', 'Redis'];

function plan(shape: MachineShape, device?: string, services = BOTH) {
  const { seats, remarks } = planWorkers(readTopology(sourcesOf(shape)), { device, services });
  const rows = seats.map((seat) => [
    seat.device,
    seat.node,
    seat.threads,
    seat.cpus && formatCpuList(seat.cpus),
    seat.memoryNode,
  ]);
  return { rows, remarks: remarks.join('\n') };
}

/** Every core has one worker at most. */
function expectDisjoint(rows: readonly (readonly (string | number | undefined)[])[]) {
  const cpus = rows.flatMap(([, , , list]) => String(list).split(','));
  expect(new Set(cpus).size).toBe(cpus.length);
}

describe('without GPUs', () => {
  it('one worker has all cores of a small machine, which has no choice of memory', () => {
    const { rows, remarks } = plan(SMALL);
    expect(rows).toEqual([['cpu', 0, 2, '0-1', undefined]]);
    expect(remarks).toContain('one NUMA node: no memory to choose, only cores to bind to');
    expect(remarks).toContain('no core is left to the API and Redis alone');
  });

  it('each node has a worker, with a thread for each physical core', () => {
    const { rows, remarks } = plan(TWO_SOCKETS);
    expect(rows).toEqual([
      ['cpu', 0, 7, '1-7,17-23', 0],
      ['cpu', 1, 7, '9-15,25-31', 1],
    ]);
    expect(remarks).toContain('2 cores are left to the API and Redis');
  });

  it('parts of one socket are nodes as well', () => {
    const { rows } = plan(EPYC_NPS4);
    expect(rows).toEqual([
      ['cpu', 0, 15, '1-15,65-79', 0],
      ['cpu', 1, 15, '17-31,81-95', 1],
      ['cpu', 2, 16, '32-47,96-111', 2],
      ['cpu', 3, 16, '48-63,112-127', 3],
    ]);
  });

  it.each([
    ['0-2', 3],
    ['0-3', 3],
    ['0-6', 6],
    ['0-7', 6],
  ])('of the cores %s a worker gets %i', (list, threads) => {
    expect(plan({ nodes: [list] }).rows.map((row) => row[2])).toEqual([threads]);
  });

  it('leaves no core to a Redis that is elsewhere', () => {
    expect(plan({ nodes: ['0-7'] }, undefined, ['the API']).rows).toEqual([['cpu', 0, 7, '1-7', undefined]]);
  });
});

describe('in a container', () => {
  it('a cpuset is all there is', () => {
    const { rows, remarks } = plan(CPUSET);
    expect(rows).toEqual([['cpu', 1, 2, '9-10,25', 1]]);
    expect(remarks).toContain("may use 3 of the machine's 32 hardware threads");
  });

  it('a quota sets the number of threads and binds nothing', () => {
    const { rows, remarks } = plan(QUOTA);
    expect(rows).toEqual([['cpu', undefined, 2, undefined, undefined]]);
    expect(remarks).toContain("the quota is 2.5 CPUs' time");
  });

  it.each([
    ['40000 100000', [1]],
    ['1000000 100000', [8]],
    // More than a node has: each has a worker, bound to the whole of it.
    ['4000000 100000', [19, 19]],
    // No less than the machine: no quota.
    ['6400000 100000', [31, 31]],
  ])('with a quota of %s the threads are %j', (quota, threads) => {
    const { rows } = plan({ ...QUOTA, files: { ...QUOTA.files, '/sys/fs/cgroup/cpu.max': quota } });
    expect(rows.map((row) => row[2])).toEqual(threads);
  });
});

describe('with GPUs', () => {
  it('each has a worker on a part of the cores beside it', () => {
    const { rows } = plan(EIGHT_GPUS);
    expect(rows).toEqual([
      ['cuda:0', 0, 13, '1-13,113-125', 0],
      ['cuda:1', 0, 14, '14-27,126-139', 0],
      ['cuda:2', 0, 14, '28-41,140-153', 0],
      ['cuda:3', 0, 14, '42-55,154-167', 0],
      ['cuda:4', 1, 13, '57-69,169-181', 1],
      ['cuda:5', 1, 14, '70-83,182-195', 1],
      ['cuda:6', 1, 14, '84-97,196-209', 1],
      ['cuda:7', 1, 14, '98-111,210-223', 1],
    ]);
    expectDisjoint(rows);
  });

  const { query = '' } = EIGHT_GPUS.nvidiaSmi ?? {};
  const firstTwo = { query: query.split('\n').slice(0, 2).join('\n'), topo: '' };

  it('a node without one is left to the API and Redis, whole', () => {
    const { rows, remarks } = plan({ ...EIGHT_GPUS, nvidiaSmi: firstTwo });
    expect(rows.map((row) => row[3])).toEqual(['0-27,112-139', '28-55,140-167']);
    expect(remarks).toContain('56 cores are left to the API and Redis');
  });

  it('those of nobody knows where are spread over the nodes, and it says so', () => {
    const { rows, remarks } = plan({ ...EIGHT_GPUS, nvidiaSmi: firstTwo, devices: {} });
    expect(rows.map(([device, node]) => [device, node])).toEqual([
      ['cuda:0', 0],
      ['cuda:1', 1],
    ]);
    expect(remarks).toContain('which node cuda:1 is next to is not known');
  });

  it('one whose node is not ours has its worker where we may be', () => {
    const allowed = { cpus: '0-3', mems: '0-1' };
    const { rows, remarks } = plan({ ...EIGHT_GPUS, allowed });
    expect(rows.map(([, node]) => node)).toEqual(Array(8).fill(0));
    expect(remarks).toContain('cuda:4 is next to node 1, of which this process may use no core');
    expect(remarks).toContain('there are more GPUs than cores');
    expect(new Set(rows.map((row) => row[3]))).toEqual(new Set(['0', '1', '2', '3']));
  });

  it('a quota divides the threads, and binds to nodes only', () => {
    const files = { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '3400000 100000' };
    const { rows } = plan({ ...EIGHT_GPUS, files });
    expect(rows[0]).toEqual(['cuda:0', 0, 4, '0-55,112-167', 0]);
    expect(rows[7]).toEqual(['cuda:7', 1, 4, '56-111,168-223', 1]);
  });

  it.each([
    ['cpu', ['cpu', 'cpu']],
    ['cuda', ['cuda:0', 'cuda:1', 'cuda:2', 'cuda:3', 'cuda:4', 'cuda:5', 'cuda:6', 'cuda:7']],
    ['cuda:5', ['cuda:5']],
    ['tensorrt:1', ['tensorrt:1']],
    ['webgpu', ['webgpu']],
  ])('SLUICE_DEVICE=%s has its way', (device, devices) => {
    expect(plan(EIGHT_GPUS, device).rows.map(([name]) => name)).toEqual(devices);
  });

  it('one that is asked for by number is known', () => {
    expect(plan(EIGHT_GPUS, 'cuda:5').rows).toEqual([['cuda:5', 1, 56, '56-111,168-223', 1]]);
  });
});

describe('where nothing tells', () => {
  it('one worker has all hardware threads, unbound', () => {
    const topology = readTopology({ ...sourcesOf(SMALL), platform: 'darwin' });
    const { seats, remarks } = planWorkers(topology, { device: undefined, services: BOTH });
    expect(seats).toMatchObject([{ device: 'cpu', threads: 6, cpus: undefined }]);
    expect(remarks.join('\n')).toContain('only Linux tells');
  });
});
