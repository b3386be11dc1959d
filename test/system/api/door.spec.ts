import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiCluster } from './fixtures/api-cluster.js';

const OPS = 'the-k3y-of-0perations';
const APP = 'the-k3y-of-an-app';
const NEW = 'the-k3y-that-comes-later';
const SOON = { timeout: 5_000, interval: 50 };

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
const file = join(folder, 'keys');
let cluster: ApiCluster;
beforeAll(async () => {
  replaceKeys(`ops:admin:${OPS}\napp:infer:${APP}\n`);
  cluster = await ApiCluster.start({
    models: ['quick'],
    environment: { SLUICE_API_KEYS: file, SLUICE_LOG_LEVEL: 'debug' },
    key: OPS,
  });
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

/** At once, as a secret is replaced. */
function replaceKeys(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const log = () => cluster.processes.apis[0]?.log() ?? '';
const ask = (path: string, headers: Record<string, string>) =>
  cluster.api.ask(path, { headers: { 'x-api-key': '', ...headers } });
const statusWith = async (key: string) => (await ask('/v2', { authorization: `Bearer ${key}` })).status;
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${key}`).toString('base64')}` });

describe('a key', () => {
  it.each([
    ['Authorization: Bearer', { authorization: `Bearer ${APP}` }],
    ['authorization: bearer', { authorization: `bearer  ${APP}` }],
    ['x-api-key', { 'x-api-key': APP }],
    ['the password of HTTP Basic', basic(APP)],
  ])('is taken from %s', async (_, headers) => {
    expect(await ask('/v2', headers)).toMatchObject({ status: 200 });
  });

  it.each([
    ['nothing', {}],
    ['a key that is not known', { authorization: `Bearer ${APP}x` }],
    ['the beginning of one', { authorization: `Bearer ${APP.slice(0, -1)}` }],
    ['another scheme', { authorization: `Digest ${APP}` }],
    ['a key in the query', { 'x-query': APP }],
    ['the name instead of the password', { authorization: `Basic ${Buffer.from(`${APP}:`).toString('base64')}` }],
  ])('is missed: %s', async (_, headers) => {
    const answer = await ask(`/v2?key=${APP}`, headers);
    expect(answer).toMatchObject({ status: 401, body: { error: expect.any(String) } });
    expect(answer.headers.get('x-sluice-error')).toBe('unauthorized');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Sluice"');
  });

  it('is asked for by the browser that opens a page', async () => {
    for (const page of ['/queues', '/queues/api/queues?page=1', '/docs', '/docs/swagger-ui.css']) {
      const { status, headers } = await ask(page, {});
      expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic realm="/)]);
    }
    expect(await ask('/queues', basic(OPS))).toMatchObject({ status: 200 });
    expect(await ask('/queues', basic(APP))).toMatchObject({ status: 403 });
  });

  it('of the role infer is told that it may not do that', async () => {
    const { status, headers, body } = await ask('/queues/api/queues', { 'x-api-key': APP });
    expect(status).toBe(403);
    expect(headers.get('x-sluice-error')).toBe('forbidden');
    expect(body).toEqual({ error: 'key app has the role infer, expected admin' });
  });

  it('of the role infer runs a model', async () => {
    const headers = { 'x-api-key': APP };
    expect(await cluster.api.inferNumber('quick', 7, { headers })).toMatchObject({
      status: 200,
      body: { outputs: [{ data: [7] }] },
    });
  });

  it('is refused before its body is read, and the connection goes on', async () => {
    const body = Buffer.alloc(8_000_000, ' ');
    for (let attempt = 0; attempt < 3; attempt++) {
      const headers = { 'x-api-key': 'wrong' };
      const { status } = await cluster.api.ask('/v2/models/quick/infer', { method: 'POST', body, headers });
      expect(status).toBe(401);
    }
  });
});

describe('the file of the keys', () => {
  it('is read again when it is replaced: new keys come in, old ones stay out', async () => {
    expect(await statusWith(NEW)).toBe(401);
    replaceKeys(`ops:admin:${OPS}\nnew:infer:${NEW}\n`);
    await vi.waitFor(async () => expect(await statusWith(NEW)).toBe(200), SOON);
    expect([await statusWith(APP), await statusWith(OPS)]).toEqual([401, 200]);
  });

  it('changes nothing when it is not right, and says why', async () => {
    replaceKeys(`ops:admin:${OPS}\napp:infer:k3y-short`);
    await vi.waitFor(() => expect(log()).toContain('entry 2 (app): the key has 9 characters'), SOON);
    expect([await statusWith(NEW), await statusWith(OPS)]).toEqual([200, 200]);
  });

  it('changes nothing when it is gone, and is read again when it is back', async () => {
    rmSync(file);
    await vi.waitFor(() => expect(log()).toContain('ENOENT'), SOON);
    expect(await statusWith(NEW)).toBe(200);
    replaceKeys(`ops:admin:${OPS}\napp:infer:${APP}\n`);
    await vi.waitFor(async () => expect(await statusWith(APP)).toBe(200), SOON);
  });
});

it('names callers in the log, and no key', async () => {
  expect(log()).toMatch(/"caller":"app","code":"forbidden","msg":"request_refused"/);
  expect(log()).toContain('"keys":["ops","app"]');
  expect(log()).not.toContain('k3y');
});
