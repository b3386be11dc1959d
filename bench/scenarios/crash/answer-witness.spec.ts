import { inferenceQueue } from '@sluice/contracts';
import { BatchedJobQueue, type Outcome } from '@sluice/job-queue';
import { startRedis, type TestRedis } from '@sluice/testing';
import { Cleanups } from '../../harness/cleanups.js';
import { GENEROUS_SETTINGS } from '../../harness/queue-settings.js';
import { askRedis } from '../../harness/redis-command.js';
import { AnswerWitness } from './answer-witness.js';

const EVENTS = `bull:${inferenceQueue({ model: 'm', version: '1' })}:events`;
/** Whose events are not looked at: a job that only replies. */
const OTHER_QUEUE = inferenceQueue({ model: 'other', version: '1' });

describe('AnswerWitness', () => {
  const cleanups = new Cleanups();
  let redis: TestRedis;
  let url: URL;
  let worker: BatchedJobQueue;
  let witness: AnswerWitness;

  beforeAll(async () => {
    redis = await startRedis();
    cleanups.defer(() => redis.stop());
    url = new URL(redis.url);
    const onError = (error: Error) => expect.fail(error.message);
    worker = new BatchedJobQueue({ redisUrl: redis.url, prefix: 'bull', settings: GENEROUS_SETTINGS, onError });
    cleanups.defer(() => worker.stop());
    await worker.start();
  });
  beforeEach(async () => {
    witness = await AnswerWitness.of({ cleanups, tell: () => {} }, { redis: url, model: 'm', apiId: 'api' });
  });
  afterAll(() => cleanups.run());

  const one: Outcome = { ok: true, result: Uint8Array.of(1) };
  /** A job that is forgotten at once, so that another one may have its id. */
  const reply = async (id: string, outcome: Outcome) => {
    const spec = {
      label: {},
      replyTo: 'api',
      priority: 1,
      expiresAt: worker.now() + 60_000,
      payload: Buffer.from('x'),
    };
    await worker.enqueue(OTHER_QUEUE, [{ id, ...spec }]);
    const { jobs } = await worker.lease(OTHER_QUEUE, { holder: 'w', max: 1 });
    expect(await worker.settle(jobs.map(({ lease }) => ({ lease, outcome })))).toEqual(['settled']);
    await worker.forget(OTHER_QUEUE, [id]);
  };
  const completed = (jobId: string) => askRedis(url, 'XADD', EVENTS, '*', 'event', 'completed', 'jobId', jobId);

  it('finds nothing wrong with jobs that end once', async () => {
    await reply('a', one);
    await reply('b', one);
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
    for (const id of ['same', 'same', 'other']) await reply(id, one);
    await reply('other', { ok: false, error: { code: 'internal', message: 'no' } });
    await vi.waitFor(() => expect(witness.duplicated()).toEqual(['same', 'other']));
    expect(witness.contradicted()).toEqual(['other']);
    await witness.stop();
  });
});
