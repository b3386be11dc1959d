import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from './scenarios/registry.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Longer than a cluster may take to become ready: then the scenario itself says why it did not. */
const TIMEOUT_MS = 120_000;

/** The keys that programs rely on: those of README.md. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  overhead: ['rawP50Ms', 'rawP99Ms', 'p50Ms', 'p99Ms', 'overheadP50Ms', 'naiveP50Ms', 'directP50Ms'],
  batching: [
    'rps1',
    'rps32',
    'ratio',
    'rawItemsPerSec',
    'ratioToRaw',
    'meanBatch',
    'naiveRps',
    'directRps',
    'ratioToDirect',
    'ratioToNaive',
  ],
  device: ['rps', 'ceilingRps', 'p50Ms', 'p99Ms', 'meanBatch', 'deviceBusyPercent'],
  payload: ['points'],
  share: [
    'inferencePercent',
    'updatePercent',
    'inferenceAlonePercent',
    'updateAlonePercent',
    'p99AloneMs',
    'p99WithUpdatesMs',
    'sliceMs',
    'batchMs',
    'p99BoundMs',
    'maxSliceWaitMs',
  ],
  burst: ['allBusyMsP50', 'allBusyMsMax', 'lastAnswerMs', 'idealMs'],
  overload: ['points', 'goodputAt3xPercentOfBest'],
  crash: ['sent', 'answered', 'failed', 'hung', 'duplicated', 'reexecuted', 'longestAnswerMs', 'kills'],
  update: ['failed', 'p99BeforeMs', 'p99DuringMs', 'p99BoundMs', 'updateSharePercent', 'rolloutSeconds'],
  steal: ['makespanMs', 'idealMs', 'makespanRatio', 'noStealMakespanMs', 'jobsMoved'],
  affinity: [
    'movesRandom',
    'movesAffinity',
    'movesSavedPercent',
    'p99RandomMs',
    'p99AffinityMs',
    'p99AffinityNoStealMs',
  ],
  handoff: ['reasons', 'maxMs'],
  placement: ['warmPercent', 'warmPercentStatic', 'loads', 'p99Ms', 'p99StaticMs'],
  queue: [
    'referenceJobsPerSec',
    'batchedJobsPerSec',
    'waitUntilFinishedJobsPerSec',
    'ratioToWaitUntilFinished',
    'ratioNoAof',
    'strippedJobsPerSec',
    'lowLoadP50Ms',
    'lowLoadP99Ms',
  ],
  scale: ['points'],
  memory: ['gcMsPer10k', 'gcMsPer10kNoPool', 'gcTimeRatio', 'p99Ms', 'p99NoPoolMs', 'spread', 'spreadNoPool'],
  soak: ['seconds', 'rssSlopeMbPerHour', 'redisSlopeMbPerHour', 'keysAtEnd', 'failed'],
};
const LISTS = new Set(['points', 'reasons']);
/** Workers that die take with them what they used; what a hand-off costs nobody asks. */
const WITHOUT_CPU = new Set(['crash', 'handoff']);

const CPU_MS_PER_REQUEST = Object.fromEntries(
  ['api', 'worker', 'redis', 'client'].map((name) => [name, expect.any(Number)]),
);

async function bench(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['dist/bench/main.js', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  const [code, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

describe('npm run bench', () => {
  it('lists every scenario', async () => {
    const { code, out } = await bench();
    expect(code).toBe(0);
    const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
    for (const { name, summary } of SCENARIOS) expect(out).toContain(`${name.padEnd(width)}  ${summary}`);
  });

  it.each([
    ['no scenario "nothing"', ['nothing']],
    ['--seconds takes a positive number, not "-1"', ['device', '--seconds=-1']],
    ["Unknown option '--fast'", ['device', '--fast']],
  ])('answers with: %s', async (message, args) => {
    const { code, out, err } = await bench(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(message);
  });

  it.each(SCENARIOS.map(({ name }) => name))(
    'runs %s, and says what it measured',
    async (scenario) => {
      const { code, out, err } = await bench(scenario, '--quick', '--json');
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      const result: unknown = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
      expect(result).toMatchObject({
        scenario,
        commit: expect.any(String),
        date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        machine: {
          cpus: expect.any(Number),
          memGb: expect.any(Number),
          node: process.version,
          redis: expect.stringMatching(/^(Redis|Valkey) \d/),
        },
        loadAverage: expect.any(Number),
        repetitions: 1,
        ...(process.platform === 'linux' && !WITHOUT_CPU.has(scenario) && { cpuMsPerRequest: CPU_MS_PER_REQUEST }),
      });
      const keys = KEYS[scenario];
      if (!keys) throw new Error(`${scenario} has no keys here`);
      expect(result).toMatchObject(
        Object.fromEntries(keys.map((key) => [key, expect.any(LISTS.has(key) ? Array : Number)])),
      );
    },
    TIMEOUT_MS,
  );
});
