import type { IntroductionStage, Rollout, RolloutPhase } from '@sluice/contracts';
import { SteadyLoad } from '../fixtures/steady-load.js';
import { wrong } from '../fixtures/load.js';
import type { VersionFiles } from '../fixtures/model-versions.js';
import { MODEL, RolloutCluster, type Strategy } from './rollout-cluster.js';

const WORKERS = 2;
const CLIENTS = 4;
/** Of a run: long enough that a stage with a few of them is seen. */
const FIXED_MS = 15;
/** After whoever was killed is back, and the registry was changed: that long, and what other work on the machine may add. */
const AGREEMENT_MS = 10_000;
const SLACK_MS = 5_000;
const VICTIMS = ['worker', 'api', 'redis'] as const;
type Victim = (typeof VICTIMS)[number];

/** In each of them something dies, on the stage's own sign. */
const STAGES = [
  'verify',
  'sandbox',
  'fetch',
  'load',
  'warm-up',
  'profile',
  'golden',
  'canary',
  'promote',
  'roll-back',
] as const;
type Stage = (typeof STAGES)[number];

const STRATEGY: Strategy = {
  canaryPercent: 30,
  steps: [],
  minSamples: 30,
  maxStepSeconds: 3,
  golden: {
    items: Array.from({ length: 100 }, (_, index) => ({
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 2], data: [index, 7] }],
    })),
  },
};

let cluster: RolloutCluster;
let load: SteadyLoad;
const table: string[] = [];
beforeAll(async () => {
  cluster = await RolloutCluster.start(WORKERS, {}, {}, FIXED_MS);
  load = new SteadyLoad(() => cluster.url, MODEL, CLIENTS);
  await load.answered(20);
});
afterAll(async () => {
  console.log(
    [
      'stage x victim: outcome; seconds until all is over; and until registry and workers agree, after both are as they shall be',
      ...table,
    ].join('\n'),
  );
  await cluster?.stop();
});

const cases = STAGES.flatMap((stage) => VICTIMS.map((victim) => ({ stage, victim })));

describe('a rollout under load', () => {
  it.each(cases)('survives the death of a $victim in $stage', async ({ stage, victim }) => {
    const version = await cluster.push(largeVersion());
    const id = await cluster.begin(version, STRATEGY);
    const seen = await cluster.seen(id, (rollout, workers) => isIn(stage, rollout, workers));
    // It goes back within milliseconds: whoever is killed is so with the word for it.
    if (stage === 'roll-back') await cluster.instruct(id, 'rollback');
    await kill(victim, seen);
    const backAt = Date.now();
    const ended = await cluster.ended(id);
    await cluster.agreed(WORKERS, AGREEMENT_MS + SLACK_MS);
    const agreedMs = Date.now() - Math.max(backAt, await cluster.changedAt());
    const [end, agreement] = [Date.now() - backAt, agreedMs].map((ms) => (ms / 1000).toFixed(1).padStart(5));
    table.push(`${stage.padEnd(10)} ${victim.padEnd(7)} ${ended.phase.padEnd(12)} ${end} ${agreement}`);
    expect(agreedMs).toBeLessThan(AGREEMENT_MS + SLACK_MS);
    expect(ended.phase).toBe(stage === 'roll-back' ? 'rolled-back' : 'promoted');
    await load.answered(20);
  });

  it('has not cost a request', async () => {
    const answers = await load.stop();
    expect(answers.length).toBeGreaterThan(1_000);
    expect(wrong(answers)).toEqual([]);
  });
});

/** Another one each time, with a file that takes a moment to read. */
function largeVersion(): VersionFiles {
  const model = {
    inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2] }],
    outputs: [{ name: 'sum', datatype: 'INT32', shape: [-1, 1] }],
    fixedMs: FIXED_MS,
    perRowMs: 0,
    loadMs: 200,
  };
  const files = { 'model.json': new TextEncoder().encode(JSON.stringify(model)), 'weights.bin': WEIGHTS };
  return { files, config: { platform: 'scripted' } };
}

const WEIGHTS = new Uint8Array(32_000_000);

function isIn(
  stage: Stage,
  { phase, version }: Rollout,
  workers: Parameters<Parameters<RolloutCluster['seen']>[1]>[1],
) {
  if (isIntroduction(stage))
    return workers.some(({ introductions }) => {
      const introduction = introductions?.[MODEL];
      return introduction?.version === version && introduction.stage === stage;
    });
  const wanted: RolloutPhase = stage === 'roll-back' ? 'canary' : stage;
  return phase === wanted;
}

function isIntroduction(stage: Stage): stage is Stage & IntroductionStage {
  return ['fetch', 'load', 'warm-up', 'profile'].includes(stage);
}

/** The worker is the one that does the stage's work for all, or else the one that decides. Another one takes its place. */
async function kill(victim: Victim, rollout: Rollout): Promise<void> {
  if (victim === 'redis') {
    await cluster.redis.kill();
    return cluster.redis.restart();
  }
  if (victim === 'worker') {
    const worker = cluster.processOf((await cluster.holderOf(rollout)) ?? (await cluster.controller()));
    worker.kill();
    await worker.exited;
    cluster.processes.startWorker();
    return;
  }
  const api = cluster.processes.apis.at(-1)!;
  api.kill();
  await api.exited;
  await cluster.processes.startApi();
}
