import { BatchedJobQueue, BullMqJobQueue } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { FAILURE, PARTICIPANTS, type Held, type Participant } from './fixtures/participants.js';

/** Every state of a job, brought about by one and gone on with by another: whoever they are, both see the same. */
const redis = await startRedis();
const Q = 'inference.mixed.1';
const names = Object.keys(PARTICIPANTS);
const pairs = names.flatMap((writer) => names.map((reader) => ({ writer, reader })));
let run = 0;
afterAll(() => redis.stop());

describe.each(pairs)('what $writer writes, $reader reads', ({ writer, reader }) => {
  let write: Participant;
  let read: Participant;
  let tools: Queue;
  let keys: Redis;
  let prefix: string;

  beforeEach(async () => {
    prefix = `mixed-${++run}`;
    const place = { redisUrl: redis.url, prefix, queue: Q };
    write = await PARTICIPANTS[writer]!(place);
    read = await PARTICIPANTS[reader]!(place);
    tools = new Queue(Q, { connection: { url: redis.url }, prefix });
    keys = new Redis(redis.url);
  });
  afterEach(async () => {
    await Promise.all([write.close(), read.close(), tools.close()]);
    keys.disconnect();
  });

  const must = async (who: Participant): Promise<Held> => {
    const held = await who.take();
    return held ?? expect.unreachable('there was nothing to take');
  };
  const untilTaken = (who: Participant) => vi.waitFor(() => must(who), { timeout: 5_000, interval: 20 });
  /** The reader ends it, and everybody sees that he did. */
  const ends = async (held: Held, id: string) => {
    expect(held.id).toBe(id);
    await held.complete('answer');
    expect(await tools.getJobState(id)).toBe('completed');
    expect(await tools.getJobCounts('completed', 'active', 'prioritized')).toEqual({
      completed: 1,
      active: 0,
      prioritized: 0,
    });
    expect(await outcomes(id)).toEqual(['answer', 'answer']);
  };
  /** As both adapters read it. */
  const outcomes = (id: string) =>
    Promise.all(
      [BullMqJobQueue, BatchedJobQueue].map(async (Adapter) => {
        const options = { redisUrl: redis.url, prefix, settings: CONFORMANCE_SETTINGS, onError: () => {} };
        const jobs = new Adapter(options);
        await jobs.start();
        const [status] = await jobs.inspect(Q, [id]);
        await jobs.stop();
        if (status?.state !== 'ended') return status?.state;
        return status.outcome.ok ? Buffer.from(status.outcome.result).toString() : status.outcome.error;
      }),
    );

  it('prioritised', async () => {
    const id = await write.add();
    expect(await tools.getJobState(id)).toBe('prioritized');
    await ends(await must(read), id);
  });

  it('waiting, without a priority', async () => {
    const id = await write.add();
    // What an operator does to let it go first.
    await (await tools.getJob(id))?.changePriority({ priority: 0 });
    expect(await tools.getJobState(id)).toBe('waiting');
    await ends(await must(read), id);
  });

  it('delayed', async () => {
    const id = await write.add();
    const plain = await PARTICIPANTS['plain BullMQ']!({ redisUrl: redis.url, prefix, queue: Q });
    await must(plain);
    const token = await keys.get(`${prefix}:${Q}:${id}:lock`);
    await (await tools.getJob(id))?.moveToDelayed(Date.now() + 150, token ?? '');
    expect(await tools.getJobState(id)).toBe('delayed');
    expect(await read.take()).toBeUndefined();
    await ends(await untilTaken(read), id);
    await plain.close();
  });

  it('active: nobody else gets it, and its holder ends it', async () => {
    const id = await write.add();
    const held = await must(write);
    expect(await tools.getJobState(id)).toBe('active');
    expect(await read.take()).toBeUndefined();
    expect(await outcomes(id)).toEqual(['active', 'active']);
    await ends(held, id);
  });

  it('given back', async () => {
    const [first, second] = [await write.add(), await write.add()];
    const held = await must(write);
    expect(held.id).toBe(first);
    await held.giveBack();
    expect(await tools.getJobState(first)).toBe('prioritized');
    const again = await must(read);
    expect([again.id, again.attempt]).toEqual([first, 2]);
    expect((await must(read)).id).toBe(second);
  });

  it('completed', async () => {
    const id = await write.add();
    await (await must(write)).complete('answer');
    expect(await read.take()).toBeUndefined();
    expect(await tools.getJobState(id)).toBe('completed');
    expect((await tools.getJob(id))?.attemptsMade).toBe(1);
    expect(await outcomes(id)).toEqual(['answer', 'answer']);
  });

  it('failed, and retried', async () => {
    const id = await write.add();
    await (await must(write)).fail();
    expect(await tools.getJobState(id)).toBe('failed');
    expect((await tools.getJob(id))?.failedReason).toBe(`${FAILURE.code}: ${FAILURE.message}`);
    expect(await outcomes(id)).toEqual([FAILURE, FAILURE]);
    await (await tools.getJob(id))?.retry('failed');
    expect(await outcomes(id)).toEqual(['waiting', 'waiting']);
    const again = await must(read);
    expect(again.attempt).toBe(2);
    await ends(again, id);
  });

  it('paused', async () => {
    const id = await write.add();
    await tools.pause();
    expect(await read.take()).toBeUndefined();
    await tools.resume();
    await ends(await must(read), id);
  });

  it('rate-limited', async () => {
    await tools.setGlobalRateLimit(1, 300);
    const [first, second] = [await write.add(), await write.add()];
    await (await must(write)).complete('answer');
    expect(await read.take()).toBeUndefined();
    expect(await tools.getJobState(first)).toBe('completed');
    expect((await untilTaken(read)).id).toBe(second);
  });

  it('at its global concurrency', async () => {
    await tools.setGlobalConcurrency(1);
    const [first, second] = [await write.add(), await write.add()];
    const held = await must(write);
    expect(await read.take()).toBeUndefined();
    expect(held.id).toBe(first);
    await held.complete('answer');
    expect((await must(read)).id).toBe(second);
  });

  it('stalled', async () => {
    const id = await write.add();
    await must(write);
    // As when its holder was killed.
    await keys.del(`${prefix}:${Q}:${id}:lock`);
    await read.recover();
    const again = await untilTaken(read);
    expect(again.attempt).toBe(2);
    await ends(again, id);
  });

  it('removed, promoted, cleaned and drained by an operator', async () => {
    const ids = [await write.add(), await write.add(), await write.add()];
    await (await must(write)).complete('answer');
    await (await tools.getJob(ids[1]!))?.remove();
    expect(await tools.getJobs(['prioritized'])).toHaveLength(1);
    expect(await tools.clean(0, 10, 'completed')).toEqual([ids[0]]);
    expect(await outcomes(ids[0]!)).toEqual(['gone', 'gone']);
    await tools.drain();
    expect(await read.take()).toBeUndefined();
    expect(await tools.getJobCounts()).toMatchObject({ prioritized: 0, active: 0, completed: 0 });
    const id = await write.add();
    await ends(await must(read), id);
  });
});
