import { RedisModelRegistry, unregistered, type RegisteredModels } from '@sluice/model-registry';
import { describeModelRegistry, SeveringProxy, startRedis, startRedisCluster } from '@sluice/testing';
import { Redis } from 'ioredis';

const redis = await startRedis();
afterAll(() => redis.stop());

const BY = { by: 'test' };
const serve = (version: string) => ({ kind: 'serve', version }) as const;
let run = 0;

async function open() {
  const prefix = `registry-${++run}`;
  const errors: Error[] = [];
  const opened: RedisModelRegistry[] = [];
  const member = async (redisUrl = redis.url) => {
    const registry = new RedisModelRegistry({ redisUrl, prefix, onError: (error) => errors.push(error) });
    await registry.start();
    opened.push(registry);
    return registry;
  };
  return {
    prefix,
    errors,
    member: () => member(),
    through: (proxy: SeveringProxy) => member(`redis://127.0.0.1:${proxy.port}`),
    settled: <T>(promise: Promise<T>) => promise,
    close: async () => {
      await Promise.all(opened.map((registry) => registry.stop()));
    },
  };
}

describeModelRegistry('the Redis adapter', open);

describe('when a connection breaks between a command and its answer', () => {
  let proxy: SeveringProxy;
  let fixture: Awaited<ReturnType<typeof open>>;
  let broken: RedisModelRegistry;
  let witness: RedisModelRegistry;

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

  it('a change is made once, and answered', async () => {
    // Redis knows the script from here on, so that the answer that is lost is that of the change.
    const first = await witness.change(unregistered('m'), serve('1'), BY);
    const second = await severed(() => broken.change(first, serve('2'), BY));
    expect(second).toMatchObject({ live: '2', generation: 2 });
    expect(await witness.model('m')).toEqual(second);
    expect((await witness.history('m')).map(({ state }) => state)).toEqual([second, first]);
    expect(await witness.audit()).toHaveLength(2);
  });

  it('what is read is read again', async () => {
    const state = await witness.change(unregistered('m'), serve('1'), BY);
    expect(await severed(() => broken.model('m'))).toEqual(state);
    expect(await severed(() => broken.models())).toEqual(new Map([['m', state]]));
    expect(await severed(() => broken.history('m'))).toHaveLength(1);
    expect(await severed(() => broken.audit())).toHaveLength(1);
  });

  it('whoever watches learns what was changed while it could not hear', async () => {
    const told: RegisteredModels[] = [];
    let arrived = () => {};
    await broken.watch((models) => {
      told.push(models);
      arrived();
    });
    expect(told).toEqual([new Map()]);
    const again = new Promise<void>((resolve) => (arrived = resolve));
    // The word of the change is what gets lost.
    const [state] = await Promise.all([witness.change(unregistered('m'), serve('1'), BY), proxy.severNextAnswer()]);
    await again;
    expect(told.at(-1)).toEqual(new Map([['m', state]]));
  });
});

it('says whose state somebody else wrote, and reads the others', async () => {
  const { prefix, errors, member, close } = await open();
  const registry = await member();
  const state = await registry.change(unregistered('m'), serve('1'), BY);
  const foreign = new Redis(redis.url);
  await foreign.hset(`sluice:${prefix}:registry`, 'n', '{"live": 1}');
  expect(await registry.models()).toEqual(new Map([['m', state]]));
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(`field n of sluice:${prefix}:registry`),
  ]);
  await expect(registry.model('n')).rejects.toMatchObject({ code: 'internal' });
  foreign.disconnect();
  await close();
});

it('changes a model on a Redis Cluster, with a hash tag in the prefix', async () => {
  const cluster = await startRedisCluster(2);
  const prefix = '{registry}';
  const redisUrl = await cluster.urlOf(`sluice:${prefix}:registry`);
  const registry = new RedisModelRegistry({ redisUrl, prefix, onError: ({ message }) => expect.unreachable(message) });
  try {
    await registry.start();
    const state = await registry.change(unregistered('m'), serve('1'), BY);
    expect(await registry.models()).toEqual(new Map([['m', state]]));
    expect(await registry.history('m')).toHaveLength(1);
  } finally {
    await registry.stop();
    await cluster.stop();
  }
});
