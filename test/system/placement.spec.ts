import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LocalCluster } from '@sluice/local-cluster';
import { startRedis, type TestRedis } from '@sluice/testing';
import { askSum } from './fixtures/load.js';
import { ScriptedModels } from './fixtures/scripted-models.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EACH = 1_000;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const PERIOD_MS = 200;

interface ClusterView {
  readonly workers: readonly {
    readonly load?: {
      readonly memory?: {
        readonly budgetBytes: number;
        readonly models: readonly { readonly state: string; readonly bytes: number }[];
      };
    };
  }[];
  readonly assignment?: { readonly generation: number; readonly workers: Readonly<Record<string, readonly string[]>> };
}

const models = new ScriptedModels();
for (const name of NAMES) models.add(name, { fixedMs: 5 }, { memory_bytes: EACH });
models.add('slow', { fixedMs: 5, loadMs: 1_500 }, { memory_bytes: EACH });
let redis: TestRedis;
let cluster: LocalCluster;

beforeEach(async () => {
  redis = await startRedis();
  cluster = await LocalCluster.start({
    root: ROOT,
    redisUrl: redis.url,
    models: models.folder,
    workers: 2,
    environment: { SLUICE_MODEL_MEMORY: String(2 * EACH), SLUICE_PROFILE: 'off' },
  });
});
afterEach(async () => {
  await cluster.stop();
  await redis.stop();
});
afterAll(() => models.remove());

const view = async () => (await (await fetch(`${cluster.url()}/cluster`)).json()) as ClusterView;
const queueOf = (model: string) => `inference.${model}.1`;
const assigned = async () => {
  const { assignment } = await view();
  return Object.values(assignment?.workers ?? {})
    .flat()
    .toSorted();
};
/** Of every load that has come about, the model. */
const loads = () => cluster.workers.flatMap((each) => each.log().match(/"msg":"model_ready"/g) ?? []).length;

/** Bytes in the memory of each worker, as told, beyond its budget. */
async function overBudget(): Promise<number[]> {
  const { workers } = await view();
  return workers.flatMap(({ load }) => {
    const { memory } = load ?? {};
    if (!memory) return [];
    const inMemory = memory.models.filter(({ state }) => ['ready', 'loading', 'unloading'].includes(state));
    return inMemory.reduce((sum, { bytes }) => sum + bytes, 0) - memory.budgetBytes;
  });
}

interface Client {
  asked: number;
  refused: number;
  readonly wrong: unknown[];
}

const newClient = (): Client => ({ asked: 0, refused: 0, wrong: [] });
const once = () => true;

/** Asks models until something has come about, and each of them has been answered a few times. */
async function clients(names: readonly string[], isSo: () => Promise<boolean>): Promise<Client[]> {
  const all = names.map((name) => ({ name, seen: newClient() }));
  let isOver = false;
  const asking = all.map(({ name, seen }) => client(name, () => isOver, seen));
  await vi.waitUntil(async () => all.every(({ seen }) => seen.asked > 5) && (await isSo()), {
    timeout: 60_000,
    interval: 100,
  });
  isOver = true;
  return Promise.all(asking);
}

/** Asks a model now and then, once at least, until something has come about; who is told to come again does. */
async function client(model: string, isOver: () => boolean, seen = newClient()): Promise<Client> {
  while (!isOver() || seen.asked === 0) {
    const { status, body } = await askSum(cluster.url(), model, seen.asked, 7);
    if (status === 503 && String(body).includes('memory')) seen.refused++;
    else if (body !== seen.asked++ + 7) seen.wrong.push({ model, status, body });
    await delay(status === 503 ? 1_000 : PERIOD_MS);
  }
  return seen;
}

/** Asks for 1 + 2 within a deadline. */
async function askSlow(deadlineMs: number): Promise<Response> {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 2], data: [1, 2] }] });
  const headers = { 'x-sluice-deadline-ms': String(deadlineMs) };
  return fetch(`${cluster.url()}/v2/models/slow/infer`, { method: 'POST', body, headers });
}

it('a refusal of a cold model tells the truth: sent again after Retry-After, the same request is answered', async () => {
  const repository = (act: 'load' | 'unload') =>
    fetch(`${cluster.url()}/v2/repository/models/slow/${act}`, { method: 'POST' });
  expect((await askSlow(30_000)).status).toBe(200);
  expect((await repository('unload')).status).toBe(200);
  await vi.waitFor(
    async () => expect(JSON.stringify((await view()).assignment?.workers)).not.toContain('inference.slow.1'),
    { timeout: 10_000, interval: 50 },
  );
  expect((await repository('load')).status).toBe(200);
  const refused = await askSlow(1_000);
  expect([refused.status, refused.headers.get('x-sluice-error')]).toEqual([503, 'model_loading']);
  const retryAfter = Number(refused.headers.get('retry-after'));
  // A decision and a load, less what the request may wait itself.
  expect(retryAfter).toBeGreaterThanOrEqual(3);
  expect(retryAfter).toBeLessThanOrEqual(6);
  await delay(retryAfter * 1_000);
  const answered = await askSlow(1_000);
  expect([answered.status, await answered.text()]).toEqual([200, expect.stringContaining('"data":[3]')]);
}, 60_000);

it('goes on when the worker dies that decides: what is asked for is loaded by the other', async () => {
  const first = await Promise.all(['a', 'b', 'c'].map((name) => client(name, once)));
  expect(first.flatMap(({ wrong }) => wrong)).toEqual([]);
  const coordinator = cluster.workers.find((each) => each.log().includes('"coordinator_began"'))!;
  coordinator.kill();
  const killedAt = performance.now();
  const second = await Promise.all(['e', 'a'].map((name) => client(name, once)));
  console.log(`two models answered ${Math.round(performance.now() - killedAt)} ms after the coordinator was killed`);
  expect(second.flatMap(({ wrong }) => wrong)).toEqual([]);
  const survivor = cluster.workers.find((each) => each !== coordinator);
  expect(survivor!.log()).toContain('"coordinator_began"');
  expect(Math.max(...(await overBudget()))).toBeLessThanOrEqual(0);
}, 90_000);

it('six models are served by two workers with room for two each, while what is asked for shifts', async () => {
  expect(loads()).toBe(0);
  for (const name of NAMES) {
    const { status } = await fetch(`${cluster.url()}/v2/models/${name}/ready`);
    expect(status).toBe(200);
  }
  const over: number[] = [];
  const watch = setInterval(() => void overBudget().then((bytes) => over.push(...bytes)), 250);
  try {
    const first = await clients(['a', 'b', 'c', 'd'], async () => loads() === 4);
    const wanted = ['c', 'd', 'e', 'f'];
    const second = await clients(wanted, async () => (await assigned()).join() === wanted.map(queueOf).join());
    const all = [...first, ...second];
    expect(all.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(first.map(({ refused }) => refused)).toEqual([0, 0, 0, 0]);
    const refused = second.reduce((sum, each) => sum + each.refused, 0);
    console.log(
      `${loads()} loads, ${all.reduce((sum, { asked }) => sum + asked, 0)} answered, ${refused} told to come again`,
    );
  } finally {
    clearInterval(watch);
  }
  expect(loads()).toBe(6);
  expect(over.length).toBeGreaterThan(50);
  expect(Math.max(...over)).toBeLessThanOrEqual(0);
  expect(await assigned()).toEqual(['c', 'd', 'e', 'f'].map(queueOf));
}, 90_000);
