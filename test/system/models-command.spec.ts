import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiCluster } from './api/fixtures/api-cluster.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIGITS = join(ROOT, 'models', 'digits');
const KEY = 'the-key-of-an-administrator';

let cluster: ApiCluster;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-models-command-'));
  const environment = { SLUICE_API_KEYS: `ops:admin:${KEY};app:infer:the-key-of-an-application` };
  cluster = await ApiCluster.start({ models: ['digits'], workers: 2, environment, key: KEY });
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `sluice models <args>`, its output no terminal. */
function models(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const script = join(ROOT, 'dist', 'apps', 'sluice', 'src', 'main.js');
  const options = { env: { ...process.env, SLUICE_URL: cluster.api.url, SLUICE_API_KEY: KEY, ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, 'models', ...args], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

describe('sluice models', () => {
  it('pushes a folder, rolls it out on every worker, and ends with 0 when it is live', async () => {
    const version = join(folder, 'good');
    mkdirSync(version);
    cpSync(join(DIGITS, '1', 'model.onnx'), join(version, 'model.onnx'));
    cpSync(join(DIGITS, 'config.json'), join(version, 'config.json'));
    expect(await models(['push', 'digits', version, '--origin', 'a test'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('pushed digits 2'),
    });
    const { code, out } = await models(['rollout', 'digits', '--canary', '0', '--steps', '', '--watch']);
    expect([code, out]).toEqual([0, expect.stringMatching(/digits 2 is live\n$/)]);
    for (const said of [
      'begins to roll out version 2',
      'same signature',
      'worker-1',
      'worker-2',
      ': ready',
      'promoted',
    ])
      expect(out).toContain(said);
    const list = await models(['list']);
    expect(list.out).toMatch(
      /^digits: 2 is live\n {2}1 {2}retired .*\n {2}2 {2}live +ready on 2 .* a test \(pushed by ops\)\n/,
    );
  });

  it('ends with 1 and the reason when a version is no model, and the live one stays', async () => {
    const file = join(folder, 'bad.onnx');
    writeFileSync(file, 'this is no model');
    await models(['push', 'digits', file, '--version', '7']);
    const { code, out } = await models(['rollout', 'digits', '7', '--watch']);
    expect([code, out]).toEqual([1, expect.stringMatching(/digits 2 -> 7: rolled-back, in sandbox: .*Protobuf/)]);
    expect((await models(['watch', 'digits'])).code).toBe(1);
    expect((await models(['list'])).out).toContain('digits: 2 is live\n');
  });

  it('pauses, resumes and rolls back what is under way', async () => {
    expect((await models(['rollout', 'digits', '1', '--canary', '50', '--max-step-seconds', '3600'])).code).toBe(0);
    expect((await models(['pause', 'digits'])).out).toContain('(paused)');
    expect((await models(['resume', 'digits'])).out).not.toContain('(paused)');
    const watching = models(['watch', 'digits']);
    expect((await models(['rollback', 'digits'])).code).toBe(0);
    expect(await watching).toMatchObject({ code: 1, out: expect.stringContaining('rolled-back') });
    expect(await models(['rollback', 'digits'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('to go back, roll out the version that you want'),
    });
  });

  it('says what is wrong in one line', async () => {
    const cases: [readonly string[], NodeJS.ProcessEnv, RegExp][] = [
      [['push', 'digits', '/nowhere.onnx'], {}, /sluice: cannot push \/nowhere\.onnx/],
      [['rollout', 'digits', '99'], {}, /sluice: the model store has no version 99 of digits: push it/],
      [
        ['rollout', 'digits', '7'],
        { SLUICE_API_KEY: 'the-key-of-an-application' },
        /SLUICE_API_KEY is to be a key of the role admin/,
      ],
      [
        ['list'],
        { SLUICE_URL: 'http://127.0.0.1:1' },
        /sluice: no answer from http:\/\/127\.0\.0\.1:1: .*SLUICE_URL says where/,
      ],
      [['list'], { SLUICE_URL: 'here' }, /sluice: SLUICE_URL is `here`: expected the address of the API/],
      [['list', '--canary', '5'], {}, /sluice: `list` has no --canary/],
      [['fetch'], {}, /sluice: there is no `sluice models fetch`/],
    ];
    for (const [args, env, message] of cases)
      expect(await models(args, env)).toMatchObject({ code: 1, err: expect.stringMatching(message) });
    expect(await models([])).toMatchObject({ code: 2, out: expect.stringMatching(/^Usage: sluice models/) });
  });
});
