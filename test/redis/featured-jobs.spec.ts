import type { BullMqJobQueue } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { FlowProducer, Queue } from 'bullmq';
import { REDIS_ADAPTERS } from './fixtures/adapters.js';

/** Jobs with more than a job of ours has: what BullMQ promises about their ends holds, whoever ends them. */
const redis = await startRedis();
const Q = 'inference.featured.1';
let run = 0;
afterAll(() => redis.stop());

describe.each(REDIS_ADAPTERS)('$adapter', ({ Adapter }) => {
  let jobs: BullMqJobQueue;
  let tools: Queue;
  let parents: Queue;
  let flows: FlowProducer;
  const payload = { base64: Buffer.from('question').toString('base64') };
  const data = { label: { model: 'm' }, replyTo: 'api', expiresAt: 9e12, payload };

  beforeEach(async () => {
    const prefix = `featured-${++run}`;
    const onError = (error: Error) => expect.unreachable(error.message);
    jobs = new Adapter({ redisUrl: redis.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await jobs.start();
    const connection = { url: redis.url };
    tools = new Queue(Q, { connection, prefix });
    parents = new Queue('parents', { connection, prefix });
    flows = new FlowProducer({ connection, prefix });
  });
  afterEach(() => Promise.all([jobs.stop(), tools.close(), parents.close(), flows.close()]));

  const end = async (ok: boolean) => {
    const { jobs: held } = await jobs.lease(Q, { holder: 'w', max: 10 });
    const outcome = ok
      ? ({ ok, result: Buffer.from('answer') } as const)
      : ({ ok, error: { code: 'inference_failed', message: 'on purpose' } } as const);
    return jobs.settle(held.map(({ lease }) => ({ lease, outcome })));
  };
  const child = (id: string) => ({ name: 'infer', queueName: Q, data, opts: { jobId: id, priority: 3 } });

  it('a parent goes on when its children have ended, all of them', async () => {
    await flows.add({ name: 'parent', queueName: 'parents', opts: { jobId: 'p' }, children: [child('a'), child('b')] });
    expect(await parents.getJobState('p')).toBe('waiting-children');
    expect(await end(true)).toEqual(['settled', 'settled']);
    expect(await parents.getJobState('p')).toBe('waiting');
    const values = Object.values((await (await parents.getJob('p'))?.getChildrenValues()) ?? {});
    expect(values).toHaveLength(2);
  });

  it('a parent that is to fail with its child fails', async () => {
    const failing = { ...child('a'), opts: { ...child('a').opts, failParentOnFailure: true } };
    await flows.add({ name: 'parent', queueName: 'parents', opts: { jobId: 'p' }, children: [failing] });
    expect(await end(false)).toEqual(['settled']);
    // It is handed out, for its own worker to fail it.
    expect(await parents.getJobState('p')).toBe('waiting');
    expect((await parents.getJob('p'))?.deferredFailure).toContain('failed');
  });

  it('a child that is cancelled is one less for its parent to wait for', async () => {
    await flows.add({ name: 'parent', queueName: 'parents', opts: { jobId: 'p' }, children: [child('a'), child('b')] });
    expect(await jobs.cancel(Q, ['a'])).toEqual(['cancelled']);
    expect(await end(true)).toEqual(['settled']);
    expect(await parents.getJobState('p')).toBe('waiting');
  });

  it('a deduplicated job may be added again when it has ended', async () => {
    const add = () => tools.add('infer', data, { priority: 3, deduplication: { id: 'once' } });
    const first = await add();
    expect((await add()).id).toBe(first.id);
    expect(await end(true)).toEqual(['settled']);
    expect((await add()).id).not.toBe(first.id);
  });

  it('they end beside plain ones of the same batch, and all of them are answered', async () => {
    const answered: string[] = [];
    let onAnswer = () => {};
    await jobs.listenForReplies(
      'api',
      (replies) => {
        answered.push(...replies.map(({ jobId }) => jobId));
        onAnswer();
      },
      () => {},
    );
    await flows.add({ name: 'parent', queueName: 'parents', opts: { jobId: 'p' }, children: [child('a')] });
    const plain = { label: {}, replyTo: 'api', priority: 3, expiresAt: 9e12, payload: Buffer.from('question') };
    await jobs.enqueue(Q, [{ id: 'plain-1', ...plain }]);
    expect(await end(true)).toEqual(['settled', 'settled']);
    const states = await jobs.inspect(Q, ['a', 'plain-1']);
    expect(states).toMatchObject([{ outcome: { ok: true } }, { outcome: { ok: true } }]);
    expect(await parents.getJobState('p')).toBe('waiting');
    while (answered.length < 2) await new Promise<void>((resolve) => (onAnswer = resolve));
    expect(answered.toSorted()).toEqual(['a', 'plain-1']);
  });
});
