import { bindSeats } from './bind-seats.js';
import { sourcesOf, type MachineShape } from './machine-sources.fixture.js';
import { EIGHT_GPUS, SMALL } from './machines.fixture.js';
import { planTable } from './plan-table.js';
import { planWorkers } from './plan-workers.js';
import { readTopology } from './read-topology.js';

function table(shape: MachineShape, platform: NodeJS.Platform = 'linux') {
  const topology = readTopology({ ...sourcesOf(shape), platform });
  const { seats, remarks } = planWorkers(topology, { device: undefined, services: ['the API', 'Redis'] });
  const { bound } = bindSeats(seats, () => undefined);
  const workers = bound.map(({ seat, binding }, index) => ({ name: `worker-${index + 1}`, seat, binding }));
  return planTable({ topology, workers, remarks });
}

describe('planTable', () => {
  it('shows what was found and what was chosen', () => {
    expect(table(SMALL)).toBe(`This machine: 2 cores on 1 NUMA node, 16 GB, no NVIDIA GPU

  worker    device  node  threads  bound to
  worker-1  cpu     0     2        CPUs 0-1 (taskset)

  - one NUMA node: no memory to choose, only cores to bind to
  - no core is left to the API and Redis alone: workers share theirs
`);
  });

  it('names GPUs', () => {
    const lines = table(EIGHT_GPUS).split('\n');
    expect(lines[0]).toBe('This machine: 112 cores (224 hardware threads) on 2 NUMA nodes, 2.0 TB, 8 GPUs');
    expect(lines[10]).toBe(
      '  worker-8  cuda:7 (NVIDIA H100 80GB HBM3, 80 GB)  1     14       CPUs 98-111,210-223, memory of node 1 (numactl)',
    );
  });

  it('admits what is not known', () => {
    expect(table(SMALL, 'darwin')).toMatch(
      /^This machine: 6 hardware threads, .*worker-1 {2}cpu {5}- {5}6 {8}nothing\n/s,
    );
  });
});
