import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LocalCluster } from '@sluice/local-cluster';
import { SeveringProxy, startRedis, type TestRedis } from '@sluice/testing';
import { Worker } from 'bullmq';
import { askSum, closedLoop, longestMs, wrong, type Answer } from './fixtures/load.js';
import { ReplyWitness } from './fixtures/reply-witness.js';
import { ScriptedModels } from './fixtures/scripted-models.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a lost worker may cost a request, and what a busy machine may add. */
const RECOVERY_MS = 5_000 + 3_000;
const CLIENTS = 32;
const MOST_SEVERED = 60;

const models = new ScriptedModels().add('sum', { fixedMs: 5 });
let redis: TestRedis;
let cluster: LocalCluster | undefined;
let proxy: SeveringProxy | undefined;
let neighbour: Worker | undefined;

const start = async (redisUrl: string) => {
  const environment = { SLUICE_PROFILE: 'off' };
  cluster = await LocalCluster.start({ root: ROOT, redisUrl, models: models.folder, workers: 4, environment });
  return cluster;
};

beforeEach(async () => {
  redis = await startRedis({ durable: true });
});
afterEach(async () => {
  await neighbour?.close(true);
  await cluster?.stop();
  await proxy?.close();
  await redis.stop();
  cluster = proxy = neighbour = undefined;
});
afterAll(() => models.remove());

describe('four workers', () => {
  it('answer every accepted request when Redis is killed and comes back with its append-only file', async () => {
    const url = (await start(redis.url)).url();
    let answered = 0;
    let refused = 0;
    let restarted: Promise<void> | undefined;
    const restart = async () => {
      await redis.kill();
      await redis.restart();
    };
    /** One that was refused was not accepted: it is sent again, as the answer says. */
    const ask = async (index: number): Promise<Answer> => {
      for (;;) {
        const answer = { index, ...(await askSum(url, 'sum', index, 7)) };
        if (answer.status !== 503) return answer;
        refused++;
        await delay(50);
      }
    };
    const client = async (first: number): Promise<Answer[]> => {
      const answers: Answer[] = [];
      for (let index = first; index < 2_000; index += CLIENTS) {
        answers.push(await ask(index));
        if (++answered === 500) restarted = restart();
      }
      return answers;
    };
    const answers = (await Promise.all(Array.from({ length: CLIENTS }, (_, first) => client(first)))).flat();
    await restarted;
    console.log(`Redis killed: ${refused} refusals, the longest answer ${Math.round(longestMs(answers))} ms`);
    expect(restarted).toBeDefined();
    expect(answers).toHaveLength(2_000);
    expect(wrong(answers)).toEqual([]);
    expect(longestMs(answers)).toBeLessThan(RECOVERY_MS);
  });

  it('answer every request once while answers of Redis get lost', async () => {
    proxy = await SeveringProxy.before(redis.url);
    const running = await start(`redis://127.0.0.1:${proxy.port}`);
    const witness = await ReplyWitness.of(redis.url);
    let severed = 0;
    const over = new AbortController();
    const sever = async (through: SeveringProxy) => {
      // Each of them takes time; the longer the load lasts for it, the more there would be.
      while (!over.signal.aborted) {
        if (severed >= MOST_SEVERED) return;
        await Promise.race([through.severNextAnswer().then(() => severed++), delay(1_000)]);
        await delay(100);
      }
    };
    const severing = sever(proxy);
    const answers = await closedLoop({ url: running.url(), model: 'sum', clients: CLIENTS, requests: 2_000 });
    over.abort();
    await severing;
    console.log(`${severed} answers of Redis lost: the longest answer ${Math.round(longestMs(answers))} ms`);
    expect(severed).toBeGreaterThan(3);
    // A request whose enqueue was cut off is refused or answered, never both, and never with another's sum.
    expect(wrong(answers).filter(({ status }) => status !== 503)).toEqual([]);
    expect(witness.contradicted()).toEqual([]);
    witness.close();
  });

  it('recover in time beside a plain BullMQ worker, whose own check of stalled jobs keeps others from theirs', async () => {
    const running = await start(redis.url);
    const connection = { url: redis.url };
    neighbour = new Worker('inference.sum.1', null, { connection, autorun: false, stalledInterval: 30_000 });
    await neighbour.waitUntilReady();
    await neighbour.startStalledCheckTimer();
    const [victim] = running.workers;
    const answers = await closedLoop({
      url: running.url(),
      model: 'sum',
      clients: 64,
      requests: 2_000,
      onAnswer: (answered) => {
        if (answered === 500) victim!.kill();
      },
    });
    console.log(`killed beside a plain worker: the longest answer ${Math.round(longestMs(answers))} ms`);
    expect(wrong(answers)).toEqual([]);
    expect(longestMs(answers)).toBeLessThan(RECOVERY_MS);
  });
});
