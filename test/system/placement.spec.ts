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

/** Asks a model now and then until the time is over; who is told to come again does. */
async function client(model: string, forMs: number): Promise<{ asked: number; refused: number; wrong: unknown[] }> {
  const until = performance.now() + forMs;
  const seen = { asked: 0, refused: 0, wrong: [] as unknown[] };
  while (performance.now() < until || seen.asked === 0) {
    const { status, body } = await askSum(cluster.url(), model, seen.asked, 7);
    if (status === 503 && String(body).includes('memory')) seen.refused++;
    else if (body !== seen.asked++ + 7) seen.wrong.push({ model, status, body });
    await delay(status === 503 ? 1_000 : PERIOD_MS);
  }
  return seen;
}

it('goes on when the worker dies that decides: what is asked for is loaded by the other', async () => {
  const first = await Promise.all(['a', 'b', 'c'].map((name) => client(name, 1)));
  expect(first.flatMap(({ wrong }) => wrong)).toEqual([]);
  const coordinator = cluster.workers.find((each) => each.log().includes('"coordinator_began"'))!;
  coordinator.kill();
  const killedAt = performance.now();
  const second = await Promise.all(['e', 'a'].map((name) => client(name, 1)));
  console.log(`two models answered ${Math.round(performance.now() - killedAt)} ms after the coordinator was killed`);
  expect(second.flatMap(({ wrong }) => wrong)).toEqual([]);
  const [survivor] = cluster.workers.filter((each) => each !== coordinator);
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
    const first = await Promise.all(['a', 'b', 'c', 'd'].map((name) => client(name, 10_000)));
    expect(loads()).toBe(4);
    const second = await Promise.all(['c', 'd', 'e', 'f'].map((name) => client(name, 25_000)));
    const all = [...first, ...second];
    expect(all.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(first.map(({ refused }) => refused)).toEqual([0, 0, 0, 0]);
    for (const { asked } of all) expect(asked).toBeGreaterThan(5);
    const refused = second.reduce((sum, each) => sum + each.refused, 0);
    console.log(
      `${loads()} loads, ${all.reduce((sum, { asked }) => sum + asked, 0)} answered, ${refused} told to come again`,
    );
  } finally {
    clearInterval(watch);
  }
  expect(loads()).toBe(6);
  expect(over.length).toBeGreaterThan(100);
  expect(Math.max(...over)).toBeLessThanOrEqual(0);
  const { assignment } = await view();
  const assigned = Object.values(assignment?.workers ?? {})
    .flat()
    .toSorted();
  expect(assigned).toEqual(['c', 'd', 'e', 'f'].map((name) => `inference.${name}.1`));
}, 90_000);
