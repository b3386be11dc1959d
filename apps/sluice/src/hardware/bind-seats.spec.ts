import { bindSeats } from './bind-seats.js';
import { tryLauncher } from './try-launcher.js';
import type { WorkerSeat } from './worker-plan.js';

const onNode: WorkerSeat = { device: 'cpu', gpu: undefined, node: 1, threads: 2, cpus: [4, 5], memoryNode: 1 };
const onCores: WorkerSeat = { ...onNode, memoryNode: undefined };
const anywhere: WorkerSeat = { ...onCores, node: undefined, cpus: undefined };

const MISSING = 'not installed';
const without = (missing: string) => (launcher: readonly string[]) => (launcher[0] === missing ? MISSING : undefined);

function launchers(seats: readonly WorkerSeat[], attempt: Parameters<typeof bindSeats>[1]) {
  const { bound, remarks } = bindSeats(seats, attempt);
  return { launchers: bound.map(({ binding }) => binding.launcher.join(' ')), remarks };
}

describe('bindSeats', () => {
  it('binds cores and memory with numactl, cores alone with taskset, and what is anywhere not at all', () => {
    expect(launchers([onNode, onCores, anywhere], () => undefined)).toEqual({
      launchers: ['numactl --physcpubind=4-5 --membind=1', 'taskset -c 4-5', ''],
      remarks: [],
    });
  });

  it('binds the cores at least when numactl is missing, and says once what to install', () => {
    const { launchers: found, remarks } = launchers([onNode, onNode], without('numactl'));
    expect(found).toEqual(['taskset -c 4-5', 'taskset -c 4-5']);
    expect(remarks).toEqual([
      expect.stringMatching(/memory is not \(numactl: not installed\).*apt-get install numactl/),
    ]);
  });

  it('binds cores with numactl where a container forbids to bind memory', () => {
    const forbidden = (launcher: readonly string[]) => {
      if (launcher[0] === 'taskset') return MISSING;
      return launcher.includes('--membind=1') ? 'set_mempolicy: Operation not permitted' : undefined;
    };
    const { launchers: found, remarks } = launchers([onNode], forbidden);
    expect(found).toEqual(['numactl --physcpubind=4-5']);
    expect(remarks).toEqual([expect.stringContaining('Operation not permitted')]);
  });

  it('goes on unbound without a tool', () => {
    const { launchers: found, remarks } = launchers([onCores, anywhere], () => MISSING);
    expect(found).toEqual(['', '']);
    expect(remarks).toEqual([
      'nothing is bound (taskset: not installed; numactl: not installed). It takes taskset or numactl: apt-get install util-linux numactl',
    ]);
  });
});

describe('tryLauncher', () => {
  it('knows what works, what is missing and what fails', () => {
    expect(tryLauncher(['env'])).toBeUndefined();
    expect(tryLauncher(['no-such-program'])).toBe(MISSING);
    expect(tryLauncher(['sh', '-c', 'echo first >&2; echo second >&2; exit 1'])).toBe('first');
  });

  const hasTaskset = tryLauncher(['taskset', '--version']) === undefined;
  it.runIf(hasTaskset)('finds that nothing can be bound to cores that are not there', () => {
    expect(tryLauncher(['taskset', '-c', '4000'])).toMatch(/^failed to set pid/);
  });
});
