import { SCRIPTED_VERSIONS } from '../fixtures/bad-versions.js';
import { wrong } from '../fixtures/load.js';
import { SteadyLoad } from '../fixtures/steady-load.js';
import { MODEL, RolloutCluster } from './rollout-cluster.js';

const WORKERS = 3;
const MIN_SERVING = 2;
/** Two versions are more than a worker may have. */
const MEMORY = { memory_bytes: 100 };
const BUDGET = { SLUICE_MODEL_MEMORY: '150', SLUICE_MIN_WORKERS_PER_MODEL: String(WORKERS) };

it('versions that do not fit side by side are exchanged worker after worker, while the others serve', async () => {
  const cluster = await RolloutCluster.start(WORKERS, BUDGET, MEMORY);
  const load = new SteadyLoad(() => cluster.url, MODEL, 4);
  const serving = async () => (await cluster.workers()).filter(({ models }) => models.some(isReady)).length;
  try {
    // On demand: somebody has to ask.
    await load.answered(20);
    await vi.waitUntil(async () => (await serving()) === WORKERS, { timeout: 20_000, interval: 50 });

    const { files, config } = SCRIPTED_VERSIONS.sound();
    const version = await cluster.push({ files, config: { ...config, ...MEMORY } });
    const strategy = { canaryPercent: 30, steps: [], minSamples: 30, maxStepSeconds: 3, minServing: MIN_SERVING };
    const id = await cluster.begin(version, strategy);
    let fewest = WORKERS;
    let waited = false;
    const rollout = await cluster.seen(id, ({ endedAt }, workers) => {
      fewest = Math.min(fewest, workers.filter(({ models }) => models.some(isReady)).length);
      waited ||= workers.some(({ introductions }) => introductions?.[MODEL]?.stage === 'waits-for-room');
      return endedAt !== undefined;
    });
    console.log(rollout.events.map(({ phase, message }) => `${phase.padEnd(10)} ${message}`).join('\n'));
    expect(rollout).toMatchObject({ phase: 'promoted' });
    expect(waited).toBe(true);
    expect(fewest).toBeGreaterThanOrEqual(MIN_SERVING);
    await cluster.agreed(WORKERS, 10_000);
    await load.answered(20);
  } finally {
    const answers = await load.stop();
    await cluster.stop();
    expect(wrong(answers)).toEqual([]);
  }
}, 120_000);

function isReady({ model, state }: { readonly model: string; readonly state: string }): boolean {
  return model === MODEL && state === 'ready';
}
