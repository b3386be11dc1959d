import { RedisCluster, type Reply } from '@sluice/cluster';
import { inferenceQueue } from '@sluice/contracts';
import { startRedis, type TestRedis } from '@sluice/testing';
import { Cleanups } from '../../harness/cleanups.js';
import { askRedis } from '../../harness/redis-command.js';
import { AnswerWitness } from './answer-witness.js';

const EVENTS = `bull:${inferenceQueue({ model: 'm', version: '1' })}:events`;

describe('AnswerWitness', () => {
  const cleanups = new Cleanups();
  let redis: TestRedis;
  let url: URL;
  let worker: RedisCluster;
  let witness: AnswerWitness;

  beforeAll(async () => {
    redis = await startRedis();
    cleanups.defer(() => redis.stop());
    url = new URL(redis.url);
    const onError = (error: Error) => expect.fail(error.message);
    worker = new RedisCluster({ redisUrl: redis.url, prefix: 'bull', presenceMs: 3_000, onError });
    cleanups.defer(() => worker.stop());
    await worker.start();
  });
  beforeEach(async () => {
    witness = await AnswerWitness.of({ cleanups, tell: () => {} }, { redis: url, model: 'm', apiId: 'api' });
  });
  afterAll(() => cleanups.run());

  const reply = async (...replies: readonly Reply[]) => {
    expect(await worker.reply('api', replies)).toBe(true);
  };
  const completed = (jobId: string) => askRedis(url, 'XADD', EVENTS, '*', 'event', 'completed', 'jobId', jobId);

  it('finds nothing wrong with jobs that end once', async () => {
    await reply({ jobId: 'a', result: Uint8Array.of(1) }, { jobId: 'b', result: Uint8Array.of(1) });
    await completed('a');
    await askRedis(url, 'XADD', EVENTS, '*', 'event', 'active', 'jobId', 'a', 'prev', 'waiting');
    await completed('b');
    await witness.stop();
    expect([witness.completed, witness.duplicated(), witness.contradicted()]).toEqual([2, [], []]);
  });

  it('sees a job that is completed again, though nobody replied', async () => {
    await completed('twice');
    await completed('twice');
    await witness.stop();
    expect(witness.duplicated()).toEqual(['twice']);
  });

  it('sees a second reply, and whether it is another one', async () => {
    await reply({ jobId: 'same', result: Uint8Array.of(1) });
    await reply({ jobId: 'same', result: Uint8Array.of(1) }, { jobId: 'other', result: Uint8Array.of(1) });
    await reply({ jobId: 'other', error: { code: 'internal', message: 'no' } });
    await vi.waitFor(() => expect(witness.duplicated()).toEqual(['same', 'other']));
    expect(witness.contradicted()).toEqual(['other']);
    await witness.stop();
  });
});
