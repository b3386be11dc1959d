import type { Rollout } from '@sluice/contracts';
import { ONNX_VERSIONS, SCRIPTED_VERSIONS } from '../fixtures/bad-versions.js';
import { wrong } from '../fixtures/load.js';
import { flipBit, type VersionFiles } from '../fixtures/model-versions.js';
import { SteadyLoad } from '../fixtures/steady-load.js';
import { MODEL, RolloutCluster, type Strategy } from './rollout-cluster.js';
import { LINEAR, LinearLoad } from './linear-load.js';

/** Of 20 in a row each was promoted, twice; here it is to be noticed when that is over. */
const TIMES = 4;
const ONCE = { canaryPercent: 30, steps: [], minSamples: 30, maxStepSeconds: 20 };
const GOLDEN_SUMS: Strategy = {
  ...ONCE,
  golden: {
    items: Array.from({ length: 400 }, (_, index) => ({
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 2], data: [index, 7] }],
    })),
  },
};
const GOLDEN_ROWS: Strategy = {
  ...ONCE,
  golden: {
    items: Array.from({ length: 400 }, (_, index) => ({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [index / 400, 1, 2, 3] }],
    })),
  },
};

let cluster: RolloutCluster;
let sums: SteadyLoad;
let rows: LinearLoad;
const table: string[] = [];
beforeAll(async () => {
  cluster = await RolloutCluster.start(2, {
    SLUICE_SANDBOX_TIMEOUT_MS: '4000',
    SLUICE_SANDBOX_MEMORY_BYTES: '1000000000',
    // Fewer sizes to warm up and to measure.
    SLUICE_MAX_BATCH: '4',
  });
  const first = await cluster.ended(await cluster.begin(await cluster.push(ONNX_VERSIONS.sound(), LINEAR), {}, LINEAR));
  expect(first).toMatchObject({ phase: 'promoted' });
  sums = new SteadyLoad(() => cluster.url, MODEL, 4);
  rows = await LinearLoad.start(cluster.url);
});
afterAll(async () => {
  console.log(['version: ends in, after, because', ...table].join('\n'));
  await cluster?.stop();
});

async function rollOut(name: string, files: VersionFiles, strategy: Strategy, model: string): Promise<Rollout> {
  const version = await cluster.push(files, model);
  const rollout = await cluster.ended(await cluster.begin(version, strategy, model));
  const { fault, phase, createdAt, endedAt = NaN } = rollout;
  const seconds = ((endedAt - createdAt) / 1000).toFixed(1);
  table.push(
    `${name.padEnd(16)} ${(fault?.phase ?? phase).padEnd(10)} ${seconds.padStart(5)} s ${fault?.reason ?? ''}`,
  );
  return rollout;
}

describe('a version that', () => {
  it.each([
    ['is no ONNX', 'corrupt', 'sandbox', /protobuf|ONNX/i],
    ['lost its end', 'truncated', 'sandbox', /protobuf|ONNX/i],
    ['crashes the runtime', 'crashing', 'sandbox', /crashed.*SIGFPE/],
    ['allocates without end', 'allocating', 'sandbox', /more than .*(GB|bytes)|memory/i],
    ['hangs at its opening', 'hanging', 'sandbox', /longer than|took more than/],
    ['has another signature', 'otherSignature', 'signature', /\by\b.*allowSignatureChange/s],
    ['answers 5 % of its inputs wrongly', 'wrong', 'golden', /wrong/],
    ['answers with what is no number', 'notNumbers', 'golden', /NaN|number/],
  ] as const)('%s goes no further than its stage', async (_, name, phase, reason) => {
    const rollout = await rollOut(name, ONNX_VERSIONS[name](), GOLDEN_ROWS, LINEAR);
    expect(rollout).toMatchObject({ phase: 'rolled-back', fault: { phase } });
    expect(rollout.fault?.reason).toMatch(reason);
  });

  it('was changed on its disk is not what was pushed', async () => {
    const version = await cluster.push(ONNX_VERSIONS.equal(), LINEAR);
    flipBit(cluster.processes.store, await cluster.digestOf(LINEAR, version, 'model.onnx'));
    const rollout = await cluster.ended(await cluster.begin(version, {}, LINEAR));
    table.push(`${'flipped bit'.padEnd(16)} ${rollout.fault?.phase.padEnd(10)} ${rollout.fault?.reason}`);
    expect(rollout).toMatchObject({ phase: 'rolled-back', fault: { phase: 'verify' } });
    expect(rollout.fault?.reason).toContain('model.onnx');
  });

  it('takes five times as long is found by its canary', async () => {
    const rollout = await rollOut('5 times slower', SCRIPTED_VERSIONS.slow(), GOLDEN_SUMS, MODEL);
    expect(rollout).toMatchObject({ phase: 'rolled-back', fault: { phase: 'canary' } });
    expect(rollout.fault?.reason).toMatch(/times|long/);
  });

  it('is as good as the live one passes, every time', async () => {
    const phases: string[] = [];
    for (let time = 1; time <= TIMES; time++)
      phases.push((await rollOut(`equal, ${time}`, SCRIPTED_VERSIONS.sound(), GOLDEN_SUMS, MODEL)).phase);
    expect(phases).toEqual(Array(TIMES).fill('promoted'));
  }, 120_000);
});

it('and none of this was noticed by those who asked meanwhile', async () => {
  const answers = await sums.stop();
  expect(answers.length).toBeGreaterThan(500);
  expect(wrong(answers)).toEqual([]);
  expect(answers.filter(({ refused }) => refused > 0)).toEqual([]);
  const { asked, failed } = await rows.stop();
  expect(asked).toBeGreaterThan(500);
  expect(failed).toEqual([]);
});
