import { fileURLToPath } from 'node:url';
import { LocalCluster, type ClusterProcess } from '@sluice/local-cluster';
import { startRedis, type TestRedis } from '@sluice/testing';
import { Redis } from 'ioredis';
import { askSum, closedLoop, longestMs, wrong } from './fixtures/load.js';
import { ReplyWitness } from './fixtures/reply-witness.js';
import { ScriptedModels } from './fixtures/scripted-models.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** A lease or a presence of 3 s, a sweep every second, and one for the work itself on a busy machine. */
const RECOVERY_MS = 5_000;
/** What other work on the machine may add; the measured time is printed. */
const SLACK_MS = 3_000;
/** Time-outs that make death noticed sooner, for tests that wait for several. */
const QUIET = { SLUICE_PROFILE: 'off' };
const IMPATIENT = { SLUICE_LEASE_MS: '900', SLUICE_PRESENCE_MS: '900' };

const models = new ScriptedModels()
  .add('sum')
  .add('busy', { fixedMs: 60 })
  .add('slow', { fixedMs: 300 })
  .add('fatal', { crashOnValue: 13 });
let redis: TestRedis;
let cluster: LocalCluster | undefined;

const start = async (workers: number, environment: Record<string, string> = {}) => {
  cluster = await LocalCluster.start({
    root: ROOT,
    redisUrl: redis.url,
    models: models.folder,
    workers,
    environment: { ...QUIET, ...environment },
  });
  return cluster;
};
const keys = async (pattern: string) => {
  const client = new Redis(redis.url);
  const found = await client.keys(pattern);
  client.disconnect();
  return found;
};

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  await redis.stop();
});
afterAll(() => models.remove());

describe('workers that are killed under load', () => {
  it('lose nothing: every request is answered once, within the recovery time', async () => {
    const running = await start(3);
    const witness = await ReplyWitness.of(redis.url);
    const victims = running.workers.slice(0, 2);
    const answers = await closedLoop({
      url: running.url(),
      model: 'sum',
      clients: 48,
      requests: 3_000,
      onAnswer: (answered) => {
        if (answered !== 800 && answered !== 1_600) return;
        victims.shift()?.kill();
        running.startWorker();
      },
    });
    console.log(`2 of 3 workers killed: ${answers.length} answers, the longest ${Math.round(longestMs(answers))} ms`);
    expect(wrong(answers)).toEqual([]);
    expect(answers).toHaveLength(3_000);
    expect(longestMs(answers)).toBeLessThan(RECOVERY_MS + SLACK_MS);
    expect(witness.contradicted()).toEqual([]);
    expect(witness.jobs).toBe(3_000);
    expect(await keys('bull:*:lock')).toEqual([]);
    witness.close();
  });

  it('are survived by requests that nobody could serve in the meantime', async () => {
    const running = await start(1);
    const [only] = running.workers;
    only!.kill();
    await only!.exited;
    const asked = Promise.all([1, 2, 3].map((value) => askSum(running.url(), 'sum', value, 1)));
    running.startWorker();
    expect((await asked).map(({ body }) => body)).toEqual([2, 3, 4]);
  });
});

describe('a worker that is told to stop', () => {
  it('finishes what runs, gives back the rest, and leaves nothing locked', async () => {
    const running = await start(2);
    const [stopped] = running.workers;
    const load = closedLoop({
      url: running.url(),
      model: 'slow',
      clients: 150,
      requests: 450,
      onAnswer: (answered) => {
        if (answered === 100) stopped!.terminate();
      },
    });
    const [answers, exit] = await Promise.all([load, stopped!.exited]);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(stopped!.log()).toContain('"held":0,"msg":"worker_drained"');
    expect(wrong(answers)).toEqual([]);
    // Nobody had to wait for a lease to lapse.
    expect(running.workers[1]!.log()).not.toContain('job_recovered');
    expect(await keys('bull:*:lock')).toEqual([]);
  });
});

describe('a worker that hangs', () => {
  it('loses its jobs to others, and what it says late changes nothing', async () => {
    const running = await start(2, IMPATIENT);
    const witness = await ReplyWitness.of(redis.url);
    const [hung, other] = running.workers;
    const load = closedLoop({
      url: running.url(),
      // A worker always holds a batch of it.
      model: 'busy',
      clients: 64,
      requests: 1_200,
      onAnswer: (answered) => {
        if (answered === 130) process.kill(hung!.pid!, 'SIGSTOP');
      },
    });
    await vi.waitFor(() => expect(other!.log()).toContain('job_recovered'), { timeout: 15_000, interval: 100 });
    process.kill(hung!.pid!, 'SIGCONT');
    const answers = await load;
    expect(wrong(answers)).toEqual([]);
    expect(witness.contradicted()).toEqual([]);
    // It is back: it serves again, under the same id.
    await vi.waitFor(async () => expect(await keys('sluice:bull:worker:*')).toHaveLength(2), { timeout: 15_000 });
    witness.close();
  });
});

describe('a request that crashes the runtime', () => {
  it('is found and ends as poisoned, and none of its neighbours is charged', async () => {
    const running = await start(2, IMPATIENT);
    // As `sluice up` does.
    const restart = (worker: ClusterProcess) =>
      void worker.exited.then(() => cluster && restart(cluster.startWorker()));
    for (const worker of running.workers) restart(worker);
    const guilty = askSum(running.url(), 'fatal', 13, 0);
    const innocent = await Promise.all(
      Array.from({ length: 20 }, (_, index) => askSum(running.url(), 'fatal', 100 + index, 0)),
    );
    expect(innocent.map(({ body }) => body)).toEqual(innocent.map((_, index) => 100 + index));
    const { status, body } = await guilty;
    expect(status).toBe(500);
    expect(body).toContain('died 3 times while it ran nothing but this request');
    const others = await askSum(running.url(), 'sum', 1, 2);
    expect(others.body).toBe(3);
    cluster = undefined;
    await running.stop();
  }, 60_000);
});
