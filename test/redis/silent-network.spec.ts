import { redisConnection } from '@sluice/redis-connection';
import { startRedis } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { SilentProxy } from './fixtures/silent-proxy.js';

/** A silence is given up after 10 s; the system by itself would take minutes. */
const TIMEOUT_MS = 25_000;

const redis = await startRedis();
const proxy = await SilentProxy.before(redis.url);
const witness = redisConnection(redis.url, 'witness', () => {});
const open: Redis[] = [witness];
afterAll(async () => {
  for (const connection of open) connection.disconnect();
  await proxy.close();
  await redis.stop();
});

/** @returns the connection, and what its errors said */
async function connected(name: string): Promise<{ connection: Redis; errors: string[] }> {
  const errors: string[] = [];
  const connection = redisConnection(proxy.url, name, ({ message }) => errors.push(message));
  await connection.connect();
  open.push(connection);
  return { connection, errors };
}

it(
  'a network that swallows everything is noticed by whoever asks, waits or listens, and nothing is done twice',
  {
    timeout: 3 * TIMEOUT_MS,
  },
  async () => {
    const asking = await connected('asking');
    const waiting = await connected('waiting');
    const listening = await connected('listening');
    const heard: string[] = [];
    listening.connection.on('message', (_channel, message) => heard.push(message));
    await listening.connection.subscribe('news');

    proxy.fallSilent();
    const answer = asking.connection.incr('asked');
    const blocked = waiting.connection.bzpopmin('work', 1);
    const noticed = (errors: string[]) => () => expect(errors.join()).toContain('nothing was heard from Redis');
    for (const { errors } of [asking, waiting, listening])
      await vi.waitFor(noticed(errors), { timeout: TIMEOUT_MS, interval: 50 });
    expect(heard).toEqual([]);

    proxy.heal();
    expect(await answer).toBe(1);
    expect(await blocked).toBeNull();
    // Subscribed again, without anybody's doing.
    await vi.waitFor(
      async () => {
        await witness.publish('news', 'healed');
        expect(heard).toContain('healed');
      },
      { timeout: TIMEOUT_MS, interval: 50 },
    );
    // What was sent into the silence has been taken back, and was not delivered beside what was sent again.
    expect(await witness.get('asked')).toBe('1');
  },
);

it('a connection on which nothing happens is left alone', { timeout: TIMEOUT_MS }, async () => {
  const { connection, errors } = await connected('idle');
  const before = await connection.client('ID');
  // Longer than a silence may last: it is asked in between, and answers.
  for (let waited = 0; waited < 6; waited++) expect(await witness.bzpopmin('nothing', 2)).toBeNull();
  expect(await connection.client('ID')).toBe(before);
  expect(errors).toEqual([]);
});
