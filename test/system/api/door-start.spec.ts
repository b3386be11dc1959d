import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalCluster } from '@sluice/local-cluster';
import { startRedis } from '@sluice/testing';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'dist/apps/api/src/main.js');
const KEY = 'the-k3y-of-0perations';

const folder = mkdtempSync(join(tmpdir(), 'sluice-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** What an API says that does not start. */
function failure(environment: Readonly<Record<string, string>>): string {
  const env = { PATH: process.env['PATH'], ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], { env, encoding: 'utf8', timeout: 20_000 });
  expect(status).toBe(1);
  return stdout + stderr;
}

describe('the API does not start', () => {
  it.each([['0.0.0.0'], ['::'], ['192.168.0.10'], ['sluice.example']])(
    'without keys on an address that others can reach: %s',
    (host) => {
      const said = failure({ SLUICE_HOST: host });
      expect(said).toContain('SLUICE_API_KEYS');
      expect(said).toContain(`SLUICE_HOST is ${host}`);
    },
  );

  it.each([
    ['a short key', () => 'ops:admin:k3y-short', 'SLUICE_API_KEYS: entry 1 (ops): the key has 9 characters'],
    ['a wrong file', () => file('keys', `ops:root:${KEY}`), 'entry 1: expected name:role:key, the role being infer'],
    ['an empty file', () => file('empty', '\n'), 'empty: there is no key in it'],
    ['no file', () => join(folder, 'missing'), 'SLUICE_API_KEYS: '],
    ['a name of a file', () => 'keys-k3y.txt', 'SLUICE_API_KEYS: entry 1: expected name:role:key'],
  ])('with %s for its keys', (_, keys, message) => {
    const said = failure({ SLUICE_API_KEYS: keys() });
    expect(said).toContain(message);
    expect(said).not.toContain('k3y');
  });

  it.each([
    [{ SLUICE_TLS_CERT: '/x' }, 'SLUICE_TLS_CERT and SLUICE_TLS_KEY: expected both'],
    [{ SLUICE_TLS_CERT: '/nowhere.pem', SLUICE_TLS_KEY: '/nowhere.pem' }, 'SLUICE_TLS_CERT: ENOENT'],
    [{ SLUICE_CORS_ORIGINS: '*' }, 'SLUICE_CORS_ORIGINS'],
    [{ SLUICE_CORS_ORIGINS: 'https://app.example/path' }, 'SLUICE_CORS_ORIGINS'],
    [{ SLUICE_REDIS_CA: '/nowhere.pem' }, 'SLUICE_REDIS_CA: expected a REDIS_URL that begins with rediss://'],
    [{ SLUICE_REDIS_CA: '/nowhere.pem', REDIS_URL: 'rediss://127.0.0.1:1' }, 'SLUICE_REDIS_CA: ENOENT'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'Redis at 127.0.0.1:1: connect ECONNREFUSED'],
  ])('with %j', (environment, message) => {
    expect(failure(environment)).toContain(message);
  });

  it.each([
    [{ SLUICE_KEY_CONCURRENCY: 'many' }, 'SLUICE_KEY_CONCURRENCY'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'Redis at 127.0.0.1:1: connect ECONNREFUSED'],
  ])('as several processes with %j, and says so once', (environment, message) => {
    const said = failure({ ...environment, SLUICE_API_PROCESSES: '3' });
    expect(said.split(message)).toHaveLength(2);
  });
});

it('with keys it may be reached by everybody', async () => {
  await using redis = await startRedis();
  const cluster = await LocalCluster.start({
    root: ROOT,
    redisUrl: redis.url,
    models: folder,
    workers: 0,
    apiEnvironment: { SLUICE_API_KEYS: `ops:admin:${KEY}`, SLUICE_HOST: '0.0.0.0' },
  });
  try {
    await vi.waitFor(async () => {
      expect(await fetch(`${cluster.url()}/v2`)).toMatchObject({ status: 401 });
    }, 10_000);
    const address = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    const { port } = new URL(cluster.url());
    const headers = { 'x-api-key': KEY };
    expect(await fetch(`http://${address?.address ?? '127.0.0.2'}:${port}/v2`, { headers })).toMatchObject({
      status: 200,
    });
  } finally {
    await cluster.stop();
  }
});
