import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sluice/embedded-redis';
import { ClusterFolder } from './fixtures/cluster-folder.js';

const TASKSET = 'taskset';
const canBind = spawnSync(TASKSET, ['--version']).error === undefined && availableParallelism() > 1;

describe.runIf(canBind)('sluice up with SLUICE_WORKERS=auto', () => {
  let folder: ClusterFolder;
  beforeEach(() => {
    folder = new ClusterFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  /** @returns for each worker what the table said of it, and the CPUs that it really has */
  async function started(workers: number, env: Record<string, string> = {}) {
    const up = folder.up({ PORT: String(await freePort()), SLUICE_WORKERS: 'auto', ...env });
    await up.printed('Ctrl-C stops everything');
    await vi.waitFor(() => expect(folder.events()).toHaveLength(workers + 1), 5_000);
    const rows = [...up.output.matchAll(/^ {2}(worker-\d+) .*? CPUs ([\d,-]+)/gm)];
    return rows.map(([row, name = '', cpus]) => ({ row, said: cpus, has: allowedCpus(folder.pidOf(name)) }));
  }

  it('binds its worker to the cores that it names', async () => {
    const [worker, ...others] = await started(1);
    expect(others).toEqual([]);
    expect(worker?.has).toBe(worker?.said);
  });

  it('divides the cores among the workers of two GPUs', async () => {
    const query = '0, GPU-a, 00000000:1B:00.0, 81559, NVIDIA H100\n1, GPU-b, 00000000:43:00.0, 81559, NVIDIA H100\n';
    const PATH = `${fakeNvidiaSmi(folder.root, query)}:${process.env['PATH']}`;
    const workers = await started(2, { PATH });
    expect(workers.map(({ has }) => has)).toEqual(workers.map(({ said }) => said));
    expect(workers.map(({ row }) => /cuda:\d/.exec(row)?.[0])).toEqual(['cuda:0', 'cuda:1']);
    expect(new Set(workers.map(({ has }) => has)).size).toBe(2);
  });
});

function allowedCpus(pid: number): string | undefined {
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

/** @returns the folder that it is in */
function fakeNvidiaSmi(root: string, query: string): string {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\n[ "$1" = topo ] || printf '${query.replaceAll('\n', '\\n')}'\n`);
  chmodSync(join(bin, 'nvidia-smi'), 0o755);
  return bin;
}
