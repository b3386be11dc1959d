import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeProcess } from './node-process.js';

const PRINTS_ITS_CPUS = `
  import { readFileSync } from 'node:fs';
  const [, cpus] = /Cpus_allowed_list:\\s*(\\S+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  console.log(JSON.stringify({ cpus, pid: process.pid, hasParent: process.channel !== undefined }));
  process.disconnect();
`;

const TASKSET = 'taskset';
const canBind = spawnSync(TASKSET, ['--version']).error === undefined && availableParallelism() > 1;

describe('startNodeProcess', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-process-'));
    writeFileSync(join(folder, 'main.mjs'), PRINTS_ITS_CPUS);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.runIf(canBind)('starts it bound, as the process that it tells of and that hears when we are gone', async () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const [ours = ''] = /(?<=Cpus_allowed_list:\s*)\S+/.exec(status) ?? [];
    const [last = ''] = /\d+$/.exec(ours) ?? [];
    const logFile = join(folder, 'log');
    const launcher = [TASKSET, '-c', last];
    const started = startNodeProcess({ script: join(folder, 'main.mjs'), cwd: folder, env: {}, logFile, launcher });
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(last).not.toBe(ours);
    expect(JSON.parse(readFileSync(logFile, 'utf8'))).toEqual({ cpus: last, pid: started.pid, hasParent: true });
  });
});
