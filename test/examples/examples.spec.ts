import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@sluice/embedded-redis';
import { ApiCluster } from '../system/api/fixtures/api-cluster.js';
import { CHROMIUM, ChromiumPage } from './chromium.js';
import { ExampleProcess } from './example-process.js';
import { parityModel } from './parity-model.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const ADMIN = 'the-key-of-operations';
/** May begin 10 requests a second: those beyond get 429. */
const LIMITED = 'the-key-with-a-limit';
const OF_THE_PAGE = 'the-key-of-the-page';

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['digits'],
    workers: 2,
    environment: {
      SLUICE_API_KEYS: `ops:admin:${ADMIN};page:infer:${OF_THE_PAGE};shop:infer:${LIMITED}:requestsPerSecond=10`,
    },
    key: ADMIN,
  });
});
afterAll(() => cluster?.stop());

const environment = (key: string) => ({
  SLUICE_URL: cluster.api.url,
  SLUICE_API_KEY: key,
  SLUICE_MODELS: cluster.models.path,
});

/** What an example prints that ends well. */
async function run(file: string, { key = ADMIN, args = [] as string[] } = {}): Promise<string> {
  const example = new ExampleProcess(file, environment(key), args);
  const code = await example.exited;
  expect([code, example.output]).toEqual([0, example.output]);
  return example.output;
}

it('01: curl alone is enough', async () => {
  const output = await run('01-curl.sh');
  expect(output).toContain('{"ready":true}');
  expect(output).toContain('"name":"digits"');
  expect(output).toMatch(/It is a 7\.\n$/);
});

it.each(['zero', 'four', 'nine'])('02: an image of a %s is recognised', async (name) => {
  const output = await run('02-classify-image.mjs', { args: [name] });
  // The picture, and a line for each digit.
  expect(output.split('\n').filter((line) => /^[ .:*#]*#[ .:*#]*$/.test(line)).length).toBeGreaterThan(10);
  expect(output.split('\n').filter((line) => line.endsWith(' %'))).toHaveLength(10);
  expect(output).toContain(`This is a ${name}.`);
});

it('04: a job is handed over, waited for, listed and removed', async () => {
  const output = await run('04-asynchronous-job.mjs');
  const location = /^Accepted with 202\. The job is at \/jobs\/(\S+)$/m.exec(output)?.[1] ?? 'nowhere';
  expect(output).toMatch(/^worker-\S+ has run it: this is a 3\.$/m);
  expect(output).toContain(`completed  ${location}`);
  expect(await cluster.api.ask(`/jobs/${location}`)).toMatchObject({ status: 404 });
});

it('05: a job that waits is cancelled, one that runs is not', async () => {
  const output = await run('05-cancel-job.mjs');
  expect(output).toMatch(/^16 jobs were accepted; the last one is waiting, at place \d+ of its queue\.$/m);
  expect(output).toContain('To ask for it is answered with 404.');
  const begun = Number(/Of the other 15, (\d+) had begun/.exec(output)?.[1]);
  expect(begun).toBeGreaterThanOrEqual(1);
  expect(begun).toBeLessThan(15);
  expect(existsSync(join(cluster.models.path, 'slow'))).toBe(false);
});

it('06: a model is added without a restart, asked, and taken away', async () => {
  const output = await run('06-two-models.mjs');
  expect(output).toContain('Loaded: parity takes probabilities FP32 [-1,10] and answers parity FP32 [-1,2]');
  expect(output).toContain('digits: this is a 4');
  const [, even, odd] = /parity: even with ([\d.]+) %, odd with ([\d.]+) %/.exec(output) ?? [];
  expect(Number(even)).toBeGreaterThan(90);
  expect(Number(even) + Number(odd)).toBeCloseTo(100, 0);
  expect(existsSync(join(cluster.models.path, 'parity'))).toBe(false);
  // And again, over what the first run left in the cluster.
  await run('06-two-models.mjs');
});

it('06: the model in the repository is what its graph says', () => {
  const path = join(EXAMPLES, 'models/parity/1/model.onnx');
  expect(readFileSync(path).equals(parityModel())).toBe(true);
});

it('07: tensors travel as bytes', async () => {
  const output = await run('07-binary-tensors.mjs');
  expect(output).toContain('31360 bytes of pictures sent, 400 bytes of numbers [10,10] received');
  expect(output).toContain('The pictures are of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.');
});

it('08: a client that is refused tries again when it may, and nothing runs twice', async () => {
  const output = await run('08-retry.mjs', { key: LIMITED });
  const [, retries] = /^20 requests, 20 answers; (\d+) had to be sent again\.$/m.exec(output) ?? [];
  expect(Number(retries)).toBeGreaterThanOrEqual(5);
  expect(output).toContain('Sent twice with one key: one answer, the same twice.');
  expect(output).toContain('Another request with that key: 422 idempotency_mismatch.');
});

describe('03: the page', () => {
  let example: ExampleProcess;
  let address: string;
  beforeEach(async () => {
    example = new ExampleProcess('03-browser.mjs', environment(OF_THE_PAGE), ['0']);
    address = await vi.waitFor(() => /http:\/\/\S+/.exec(example.output)?.[0] ?? expect.unreachable(), 10_000);
  });
  afterEach(() => example.stop());

  it('is served with the way to the model, without the key, and with nothing else', async () => {
    const page = await (await fetch(address)).text();
    expect(page).toContain('<canvas');
    expect(page).not.toContain(OF_THE_PAGE);
    const seven = readFileSync(new URL('../../models/digits/samples/seven.json', import.meta.url));
    const ask = (path: string, body: Uint8Array<ArrayBuffer>) => fetch(address + path, { method: 'POST', body });
    const answer = await ask('/v2/models/digits/infer', new Uint8Array(seven));
    expect([answer.status, await answer.json()]).toMatchObject([200, { model_name: 'digits' }]);
    expect((await ask('/v2/models/digits/infer', new Uint8Array(200_000))).status).toBe(413);
    expect((await ask('/v2/repository/models/digits/unload', new Uint8Array())).status).toBe(404);
  });

  it.skipIf(CHROMIUM === undefined)('recognises in a browser what one draws', async () => {
    const page = await ChromiumPage.open(CHROMIUM ?? '', address);
    try {
      const { x, y } = (await vi.waitFor(async () => {
        const place = await page.evaluate(`document.getElementById('pad')?.getBoundingClientRect().toJSON()`);
        return place ?? expect.unreachable();
      }, 10_000)) as { x: number; y: number };
      const answer = async () => String(await page.evaluate(`document.getElementById('answer').textContent`));
      const stroke = (points: readonly (readonly [number, number])[]) =>
        page.drag(points.map(([right, down]) => [x + right, y + down] as const));
      const answers = (text: string) => vi.waitFor(async () => expect(await answer()).toContain(text), 10_000);

      await stroke([
        [140, 50],
        [140, 100],
        [140, 150],
        [140, 230],
      ]);
      await answers('This is a 1 (');
      await page.evaluate(`document.getElementById('clear').click()`);
      expect(await answer()).toBe('…');
      await stroke([
        [80, 60],
        [140, 60],
        [200, 60],
        [170, 120],
        [140, 180],
        [120, 240],
      ]);
      await answers('This is a 7 (');
    } finally {
      await page.close();
    }
  });
});

it('09: a model is taught more while it is asked: accuracy rises, and no request fails', async () => {
  const output = await run('09-rollout.mjs');
  const rightOf = (label: string) => Number(new RegExp(`${label}: (\\d+) %`).exec(output)?.[1]);
  expect(rightOf('version 1')).toBeLessThan(60);
  expect(rightOf('version 2')).toBe(100);
  expect(output).toContain('0 requests failed');
  expect(output).toMatch(/canary +50 % of the requests: passed/);
});

describe('an example', () => {
  const files = readdirSync(EXAMPLES).filter((file) => /^\d\d-.*\.(?:mjs|sh)$/.test(file));

  it('has a line in the list', () => {
    const list = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    expect(files.length).toBeGreaterThanOrEqual(8);
    expect(files.filter((file) => !list.includes(`(${file})`))).toEqual([]);
  });

  const clients = files.filter((file) => !file.startsWith('03'));

  it.each(clients)('says in a sentence that no cluster runs: %s', async (file) => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const example = new ExampleProcess(file, { ...environment(ADMIN), SLUICE_URL: nowhere });
    expect(await example.exited).toBe(1);
    expect(example.output).toMatch(/^failed: .*npm start/m);
    expect(example.output).not.toContain('    at ');
  });

  it.each(clients)('says that its key is wrong: %s', async (file) => {
    const example = new ExampleProcess(file, environment('a-key-that-nobody-knows'));
    expect(await example.exited).toBe(1);
    expect(example.output).toContain('the key is not known here');
    expect(example.output).toMatch(/^failed: /m);
  });
});
