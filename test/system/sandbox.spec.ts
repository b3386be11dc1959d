import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@sluice/clock';
import { compileWorkerConfig } from '@sluice/config';
import { FolderModelStore, type ServableModel } from '@sluice/model-store';
import { Sandbox } from '../../apps/worker/src/sandbox/sandbox.js';
import { ONNX_VERSIONS, SCRIPTED_VERSIONS } from './fixtures/bad-versions.js';
import { layOut, type VersionFiles } from './fixtures/model-versions.js';

const PARENT = fileURLToPath(new URL('fixtures/sandbox-parent.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist', import.meta.url));
const LIMITS = { SLUICE_SANDBOX_TIMEOUT_MS: '3000', SLUICE_SANDBOX_MEMORY_BYTES: '800000000' };
const REF = { model: 'm', version: '1' };

/** Real processes, real files: each version that is bad ends its own process and nothing else. */
describe('sandbox', () => {
  let root: string;
  let usualTmp: string | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-sandbox-spec-'));
    usualTmp = process.env['TMPDIR'];
    process.env['TMPDIR'] = mkdtempSync(join(root, 'tmp-'));
  });
  afterEach(() => {
    expect(readdirSync(process.env['TMPDIR'] ?? '')).toEqual([]);
    if (usualTmp === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usualTmp;
    rmSync(root, { recursive: true });
  });

  async function stored(version: VersionFiles): Promise<ServableModel> {
    const folder = join(root, 'models');
    layOut(folder, REF, version);
    const found = onlyOf(await new FolderModelStore(folder).list());
    if (found.fault !== undefined) throw new Error(found.fault);
    return found;
  }

  async function open(version: VersionFiles, { signal = new AbortController().signal, limits = LIMITS } = {}) {
    return new Sandbox(compileWorkerConfig(limits), new SystemClock()).open(await stored(version), signal);
  }

  it.each(['sound', 'equal', 'wrong'] as const)('opens the %s one and reads its signature', async (name) => {
    const result = await open(ONNX_VERSIONS[name]());
    expect(result).toEqual({
      kind: 'sandbox',
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
      openMs: expect.any(Number),
      peakBytes: expect.any(Number),
    });
    expect(result.peakBytes).toBeGreaterThan(20e6);
  });

  it('opens scripted ones too, and tells another signature', async () => {
    expect((await open(SCRIPTED_VERSIONS.slow())).signature.inputs[0]).toMatchObject({ datatype: 'INT32' });
    rmSync(join(root, 'models'), { recursive: true });
    expect((await open(ONNX_VERSIONS.otherSignature())).signature.outputs[0]).toMatchObject({ shape: [-1, 3] });
  });

  it('tells of a version that answers no numbers, which is not for it to judge', async () => {
    expect((await open(ONNX_VERSIONS.notNumbers())).doubt).toBe('y[0, 0] is NaN for zeros as x [1, 4]');
  });

  it.each([
    ['corrupt', ONNX_VERSIONS.corrupt, 'cannot load'],
    ['truncated', ONNX_VERSIONS.truncated, 'cannot load'],
    // On x86 the processor refuses; others overflow silently.
    ...(process.arch === 'x64'
      ? ([['crashing', ONNX_VERSIONS.crashing, 'opening it crashed the runtime (SIGFPE)']] as const)
      : []),
    ['crashing, scripted', SCRIPTED_VERSIONS.crashing, 'opening it crashed the runtime (SIGSEGV)'],
    ['allocating', ONNX_VERSIONS.allocating, 'opening it took more than 0.8 GB of memory'],
    ['allocating, scripted', SCRIPTED_VERSIONS.allocating, 'opening it took more than 0.8 GB of memory'],
    ['hanging', ONNX_VERSIONS.hanging, 'opening it took longer than 3 s'],
    ['hanging, scripted', SCRIPTED_VERSIONS.hanging, 'opening it took longer than 3 s'],
  ] as const)('ends the %s one with a reason, and the worker does not notice', async (_, version, reason) => {
    const gap = longestGap();
    await expect(open(version())).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(reason),
    });
    // Not how long it takes, but that nothing of it is done here.
    expect(gap()).toBeLessThan(500);
  });

  it('refuses a configuration that the model contradicts', async () => {
    const version = { ...ONNX_VERSIONS.sound(), config: { input: [{ name: 'z', data_type: 'TYPE_FP32', dims: [4] }] } };
    await expect(open(version)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'config.json names input z, but the model has x',
    });
  });

  it('ends when its result is not wanted any more', async () => {
    const abort = new AbortController();
    const opening = open(SCRIPTED_VERSIONS.hanging(), { signal: abort.signal });
    const pid = await vi.waitFor(() => onlyOf(childrenOf(process.pid)));
    expect(getPriority(pid)).toBe(constants.priority.PRIORITY_LOW);
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: 'shutting_down' });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('ends with the worker, however that ends, and removes its folder', async () => {
    // Whoever opens a pipe for writing learns when another opens it for reading.
    const path = join(root, 'model.json');
    execFileSync('mkfifo', [path]);
    const parent = spawn(process.execPath, [PARENT, BUILT, path], { stdio: 'ignore' });
    const model = await openFile(path, 'w');
    const pid = onlyOf(childrenOf(parent.pid ?? 0));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 10_000 });
    await model.close();
  });

  it('ends with the worker also before it has begun', async () => {
    const parent = spawn(process.execPath, [PARENT, BUILT, join(root, 'none.json')], { stdio: 'ignore' });
    const pid = await vi.waitFor(() => onlyOf(childrenOf(parent.pid ?? 0)), { interval: 1 });
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 10_000 });
  });
});

function onlyOf<T>(values: readonly T[]): T {
  const [only] = values;
  if (only === undefined || values.length > 1) throw new Error(`${values.length} instead of one`);
  return only;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** @returns how long, in ms, nothing else could be done on this thread since, at the longest */
function longestGap(): () => number {
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}
