import type { Rollout } from '@sluice/contracts';
import { RedisRolloutBook } from '@sluice/model-registry';
import { describeRolloutBook, rollout, SeveringProxy, startRedis, startRedisCluster } from '@sluice/testing';
import { Redis } from 'ioredis';

const redis = await startRedis();
afterAll(() => redis.stop());

let run = 0;

async function open() {
  const prefix = `rollouts-${++run}`;
  const errors: Error[] = [];
  const opened: RedisRolloutBook[] = [];
  const member = async (redisUrl = redis.url) => {
    const book = new RedisRolloutBook({ redisUrl, prefix, onError: (error) => errors.push(error) });
    await book.start();
    opened.push(book);
    return book;
  };
  return {
    prefix,
    errors,
    member: () => member(),
    through: (proxy: SeveringProxy) => member(`redis://127.0.0.1:${proxy.port}`),
    settled: <T>(promise: Promise<T>) => promise,
    close: async () => {
      await Promise.all(opened.map((book) => book.stop()));
    },
  };
}

describeRolloutBook('the Redis adapter', open);

describe('when a connection breaks between a command and its answer', () => {
  let proxy: SeveringProxy;
  let fixture: Awaited<ReturnType<typeof open>>;
  let broken: RedisRolloutBook;
  let witness: RedisRolloutBook;

  beforeEach(async () => {
    proxy = await SeveringProxy.before(redis.url);
    fixture = await open();
    [broken, witness] = [await fixture.through(proxy), await fixture.member()];
  });
  afterEach(async () => {
    await fixture.close();
    await proxy.close();
  });

  /** Runs an operation whose answer gets lost. */
  const severed = async <T>(operation: () => Promise<T>): Promise<T> => {
    const cut = proxy.severNextAnswer();
    const [result] = await Promise.all([operation(), cut]);
    return result;
  };

  it('a rollout is entered once and changed once, and both are answered', async () => {
    // Redis knows the scripts from here on, so that the answers that are lost are those of the calls.
    const other = await witness.create(rollout('other', { model: 'n' }));
    await witness.change(other, { ...other, paused: true });
    const first = await severed(() => broken.create(rollout('a')));
    const second = await severed(() => broken.change(first, { ...first, phase: 'sandbox' }));
    expect(second).toEqual({ ...first, phase: 'sandbox', revision: 2 });
    expect(await witness.list('m')).toEqual([second]);
  });

  it('whoever watches learns what was changed while it could not hear', async () => {
    const told: (readonly Rollout[])[] = [];
    let arrived = () => {};
    await broken.watch((active) => {
      told.push(active);
      arrived();
    });
    expect(told).toEqual([[]]);
    const again = new Promise<void>((resolve) => (arrived = resolve));
    // The word of the change is what gets lost.
    const [created] = await Promise.all([witness.create(rollout('a')), proxy.severNextAnswer()]);
    await again;
    expect(told.at(-1)).toEqual([created]);
  });
});

it('says which rollout somebody else wrote, and reads the others', async () => {
  const { prefix, errors, member, close } = await open();
  const book = await member();
  const good = await book.create(rollout('good'));
  await book.create(rollout('bad', { model: 'n' }));
  const foreign = new Redis(redis.url);
  await foreign.hset(`sluice:${prefix}:rollouts`, 'bad', '{"phase": "off"}');
  expect(await book.active()).toEqual([good]);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(`field bad of sluice:${prefix}:rollouts in Redis is not a rollout: remove it`),
  ]);
  await expect(book.get('bad')).rejects.toMatchObject({ code: 'internal' });
  foreign.disconnect();
  await close();
});

it('keeps rollouts on a Redis Cluster, with a hash tag in the prefix', async () => {
  const cluster = await startRedisCluster(2);
  const prefix = '{rollouts}';
  const redisUrl = await cluster.urlOf(`sluice:${prefix}:rollouts`);
  const book = new RedisRolloutBook({ redisUrl, prefix, onError: ({ message }) => expect.unreachable(message) });
  try {
    await book.start();
    const first = await book.create(rollout('a'));
    const end = await book.change(first, { ...first, phase: 'rolled-back', endedAt: 1 });
    expect(await book.list('m')).toEqual([end]);
    expect(await book.active()).toEqual([]);
  } finally {
    await book.stop();
    await cluster.stop();
  }
});
