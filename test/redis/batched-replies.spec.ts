import { BatchedJobQueue, JobIds, type LeasedJob } from '@sluice/job-queue';
import { CONFORMANCE_SETTINGS, startRedis } from '@sluice/testing';
import { Redis } from 'ioredis';
import { IN_HASH_BYTES } from '../../libs/job-queue/src/bullmq-batched/stored-bytes.js';
import { decodeReplies } from '../../libs/job-queue/src/reply-records.js';

/** What the batched adapter publishes, seen from outside: the replies of a call cost Redis a message for each address. */
const server = await startRedis();
const Q = 'inference.replies.1';
let run = 0;
afterAll(() => server.stop());

describe('the batched adapter', () => {
  let jobs: BatchedJobQueue;
  let redis: Redis;
  let prefix: string;
  /** Channel and jobs of each message, in the order in which Redis published them. */
  let messages: [channel: string, jobs: string[]][];
  const ids = new JobIds(Date.now, Math.random);

  beforeEach(async () => {
    prefix = `replies-${++run}`;
    const onError = (error: Error) => expect.unreachable(error.message);
    jobs = new BatchedJobQueue({ redisUrl: server.url, prefix, settings: CONFORMANCE_SETTINGS, onError });
    await jobs.start();
    redis = new Redis(server.url);
    messages = [];
    redis.on('pmessageBuffer', (_pattern, channel: Buffer, message: Buffer) => {
      messages.push([String(channel), decodeReplies(message).map(({ jobId }) => jobId)]);
    });
    await redis.psubscribe('*');
  });
  afterEach(async () => {
    redis.disconnect();
    await jobs.stop();
  });

  const held = async (addresses: readonly string[]): Promise<readonly LeasedJob[]> => {
    const spec = { label: {}, priority: 3, expiresAt: 9e12, payload: Buffer.from('question') };
    await jobs.enqueue(
      Q,
      addresses.map((replyTo) => ({ id: ids.next(), replyTo, ...spec })),
    );
    return (await jobs.lease(Q, { holder: 'w', max: addresses.length })).jobs;
  };
  const settle = (leased: readonly LeasedJob[], bytesOf: (index: number) => number) =>
    jobs.settle(
      leased.map(({ lease }, index) => ({ lease, outcome: { ok: true, result: Buffer.alloc(bytesOf(index), 'x') } })),
    );
  /** What was published on this connection before comes before the answer. */
  const published = async () => {
    await redis.ping();
    return messages.map(([channel, of]) => [channel.replace(`sluice:${prefix}:replies:`, ''), of] as const);
  };

  it('publishes one message for each address, with all jobs of the call', async () => {
    const leased = await held(['a', 'b', '', 'a', 'b', 'a']);
    const of = (...places: number[]) => places.map((place) => leased[place]!.lease.jobId);
    expect(await settle(leased, () => 100)).toEqual(Array(6).fill('settled'));
    const seen = await published();
    expect(seen).toHaveLength(2);
    expect(new Map(seen)).toEqual(
      new Map([
        ['a', of(0, 3, 5)],
        ['b', of(1, 4)],
      ]),
    );
  });

  it('publishes what has a key of its own behind it, also in one message', async () => {
    const leased = await held(['a', 'a', 'a', 'a']);
    const [small, large, edge, larger] = leased.map(({ lease }) => lease.jobId);
    await settle(leased, (index) => [100, IN_HASH_BYTES + 1, IN_HASH_BYTES, 50_000][index]!);
    expect(await published()).toEqual([
      ['a', [small, edge]],
      ['a', [large, larger]],
    ]);
  });

  it('publishes nothing for a job that does not end: deleted, or not among the active ones', async () => {
    const leased = await held(['a', 'a', 'a']);
    const other = new Redis(server.url);
    const [deleted, moved, fine] = leased.map(({ lease }) => lease.jobId);
    await other.del(`${prefix}:${Q}:${deleted}`);
    await other.lrem(`${prefix}:${Q}:active`, 1, moved!);
    expect(await settle(leased, () => 100)).toEqual(['lost', 'lost', 'settled']);
    expect(await published()).toEqual([['a', [fine]]]);
    other.disconnect();
  });

  it('publishes nothing again for what has ended, though its settle is sent again', async () => {
    const leased = await held(['a']);
    expect(await settle(leased, () => 100)).toEqual(['settled']);
    expect(await settle(leased, () => 100)).toEqual(['settled']);
    expect(await published()).toEqual([['a', [leased[0]!.lease.jobId]]]);
  });
});
