import { once } from 'node:events';
import { connect } from 'node:net';
import { ApiCluster } from './fixtures/api-cluster.js';
import type { Answer } from './fixtures/api-client.js';

const key = (name: string) => `the-key-of-${name}-0123456789`;
const KEYS = [
  `ops:admin:${key('ops')}`,
  `paced:infer:${key('paced')}:requestsPerSecond=5`,
  `narrow:infer:${key('narrow')}:concurrency=2`,
  `light:infer:${key('light')}:queuedBytes=2000`,
  `default:infer:${key('default')}`,
].join('\n');

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick', 'slow'],
    environment: { SLUICE_API_KEYS: KEYS, SLUICE_KEY_CONCURRENCY: '3' },
    key: key('ops'),
  });
});
afterAll(() => cluster?.stop());

const as = (name: string) => ({ headers: { 'x-api-key': key(name) } });
const live = (name: string) => cluster.api.ask('/v2', as(name));
const slow = (name: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => cluster.api.inferNumber('slow', index, as(name))));

function split(answers: readonly Answer[]): { let: number; refused: Answer[] } {
  const refused = answers.filter(({ status }) => status !== 200);
  return { let: answers.length - refused.length, refused };
}

describe('a key with a limit', () => {
  it('of requests a second saves up one second’s worth, and is told when to come again', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => live('paced')));
    const { refused } = split(answers);
    expect(refused.length).toBeGreaterThanOrEqual(6);
    for (const { status, headers, body } of refused) {
      expect(status).toBe(429);
      expect(body).toEqual({ error: 'paced may send 5 requests a second: try again later' });
      expect(headers.get('x-sluice-error')).toBe('rate_limited');
      expect(headers.get('retry-after')).toBe('1');
      expect(Number(headers.get('retry-after-ms'))).toBeLessThanOrEqual(200);
    }
    const wait = Math.max(...refused.map(({ headers }) => Number(headers.get('retry-after-ms'))));
    await vi.waitFor(async () => expect(await live('paced')).toMatchObject({ status: 200 }), {
      timeout: 2_000,
      interval: wait,
    });
  });

  it('of requests in flight has no more of them, and others none less', async () => {
    const [narrow, byDefault, unlimited] = await Promise.all([slow('narrow', 4), slow('default', 5), live('paced')]);
    expect(split(narrow).let).toBe(2);
    expect(split(byDefault).let).toBe(3);
    expect(unlimited.status).not.toBe(401);
    expect(split(narrow).refused[0]?.body).toEqual({
      error: 'narrow may have 2 requests in flight: try again later',
    });
    expect(split(await slow('narrow', 2)).let).toBe(2);
  });

  it('has room again when a client hangs up', async () => {
    const { port, hostname } = new URL(cluster.api.url);
    const sockets = await Promise.all(
      [1, 2].map(async () => {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        const head = ['POST /v2/models/slow/infer HTTP/1.1', 'Host: x', `x-api-key: ${key('narrow')}`];
        socket.write([...head, 'Content-Length: 100', '', '{'].join('\r\n'));
        return socket;
      }),
    );
    await vi.waitFor(async () => expect(await live('narrow')).toMatchObject({ status: 429 }));
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(async () => expect(await live('narrow')).toMatchObject({ status: 200 }));
  });

  it('of bytes holds no more of them at once, announced or in chunks', async () => {
    const text = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }] });
    const body = text.padEnd(900, ' ');
    const announced = await Promise.all([1, 2, 3].map(() => cluster.api.infer('slow', body, as('light'))));
    expect(split(announced).let).toBe(2);
    expect(split(announced).refused[0]?.body).toEqual({
      error: 'light may have 2000 bytes of request bodies in flight: try again later',
    });
    const stream = () => new Blob([body]).stream();
    const chunked = await Promise.all(
      [1, 2, 3].map(() => cluster.api.infer('slow', '', { ...as('light'), body: stream() })),
    );
    expect(split(chunked).let).toBe(2);
    expect(split(chunked).refused[0]).toMatchObject({ status: 429 });
    expect(await cluster.api.infer('slow', body, as('light'))).toMatchObject({ status: 200 });
  });

  it('of bytes is told at once about a body that can never fit', async () => {
    const { status, body } = await cluster.api.infer('quick', ' '.repeat(2_001), as('light'));
    expect(status).toBe(413);
    expect(body).toEqual({ error: 'body: expected at most 2000 bytes of light, got 2001' });
  });
});
