import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@sluice/embedded-redis';
import { LocalCluster } from '@sluice/local-cluster';
import { startRedis, type TestRedis } from '@sluice/testing';
import { redisCommand } from '../fixtures/redis-command.js';
import { ApiClient } from './fixtures/api-client.js';
import { BoardClient } from './fixtures/board-client.js';
import { CertificateAuthority } from './fixtures/certificate-authority.js';
import { ModelsFolder } from './fixtures/models-folder.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OPERATIONS = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const SOON = { timeout: 10_000, interval: 50 };

const models = new ModelsFolder(['quick', 'slow', 'wide']);
const authority = new CertificateAuthority();
let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(() => redis?.stop());
afterAll(() => {
  models.remove();
  authority.remove();
});

const admin = (line: string) => redisCommand(redis.port, line);

async function withCluster(
  environment: Readonly<Record<string, string>>,
  use: (cluster: LocalCluster, api: ApiClient) => Promise<void>,
): Promise<void> {
  const options = { root: ROOT, redisUrl: redis.url, models: models.path, environment };
  const cluster = await LocalCluster.start(options);
  try {
    await use(cluster, new ApiClient(cluster.url()));
  } finally {
    await cluster.stop();
  }
}

/** What each process says that gives up when it starts. */
async function failures(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const cluster = await LocalCluster.start({
    root: ROOT,
    redisUrl: redis.url,
    models: models.path,
    workers: 0,
    environment,
  });
  const processes = [...cluster.apis, cluster.startWorker()];
  const exits = await Promise.all(processes.map(({ exited }) => exited));
  const logs = processes.map((process) => process.log());
  await cluster.stop();
  expect(exits).toEqual(processes.map(() => ({ code: 1, signal: null })));
  return logs.map((log) => /"reason":"(?<reason>[^"]+)","msg":"start_failed"/.exec(log)?.groups?.['reason'] ?? log);
}

const url = (credentials: string) => `redis://${credentials}@127.0.0.1:${redis.port}`;

describe('a Redis with a password', () => {
  it('is used with it', async () => {
    await admin('CONFIG SET requirepass the-password');
    await withCluster({ REDIS_URL: url(':the-password') }, async (_, api) => {
      expect(await api.inferNumber('quick', 1)).toMatchObject({ status: 200 });
    });
  });

  it('is not used without it, or with another one: the processes end and say why', async () => {
    await admin('CONFIG SET requirepass the-password');
    for (const reason of await failures({ REDIS_URL: url(':another') })) {
      expect(reason).toContain(`Redis at 127.0.0.1:${redis.port}: WRONGPASS`);
      expect(reason).toContain('check the user and the password in REDIS_URL');
      expect(reason).not.toContain('another');
    }
    for (const reason of await failures({})) {
      expect(reason).toContain(`Redis at 127.0.0.1:${redis.port}: NOAUTH`);
      expect(reason).toContain('put the password into REDIS_URL');
    }
  });

  it('whose password changes is what makes the API not ready', async () => {
    await admin('ACL SETUSER sluice on >the-password ~* &* +@all');
    await withCluster({ REDIS_URL: url('sluice:the-password') }, async (_, api) => {
      await admin('ACL SETUSER sluice resetpass >another');
      await admin('ACL SETUSER sluice off');
      await admin('CLIENT KILL TYPE normal SKIPME yes');
      await admin('CLIENT KILL TYPE pubsub');
      await vi.waitFor(async () => {
        expect(await api.ask('/v2/health/ready')).toMatchObject({
          status: 503,
          body: { ready: false, reason: expect.stringMatching(/WRONGPASS|Redis did not answer/) },
        });
      }, SOON);
    });
  });
});

describe('a user of Redis with the rights that docs/operations.md lists', () => {
  it('does for all that Sluice does, and for nothing else', async () => {
    const line = /^ACL SETUSER sluice .*$/m.exec(OPERATIONS)?.[0] ?? 'there is none';
    expect(await admin(line)).toBe('+OK');
    await withCluster({ REDIS_URL: url('sluice:password') }, async (cluster, api) => {
      await useEverything(cluster, api);
      expect(cluster.apis[0]?.log()).not.toContain('NOPERM');
      for (const worker of cluster.workers) expect(worker.log()).not.toContain('NOPERM');
    });
    expect(await admin('ACL LOG')).toBe('*0');
  });

  it.each(['GET other', 'SET other 1', 'FLUSHALL', 'CONFIG GET *', 'KEYS *', 'SCAN 0', 'PUBLISH other x', 'SHUTDOWN'])(
    'may not do this: %s',
    async (command) => {
      await admin(/^ACL SETUSER sluice .*$/m.exec(OPERATIONS)?.[0] ?? '');
      const [name = '', ...rest] = command.split(' ');
      expect(await admin(`ACL DRYRUN sluice ${name} ${rest.join(' ')}`)).toMatch(
        /has no permissions|can't run|no perm/i,
      );
    },
  );
});

/** Every way in which Sluice and its board use Redis. */
async function useEverything(cluster: LocalCluster, api: ApiClient): Promise<void> {
  const board = new BoardClient(api);
  const ok = async (path: string, method = 'GET') => {
    const { status } = await api.ask(path, { method });
    expect([path, status < 300]).toEqual([path, true]);
  };
  const large = { shape: [1, 5_000], datatype: 'FP32', data: Array.from({ length: 5_000 }, () => 0.5) };
  expect(await api.inferX('wide', large)).toMatchObject({ status: 200 });
  const slow = [1, 2, 3].map((value) => api.inferNumber('slow', value));
  for (const { status } of await Promise.all(slow)) expect(status).toBe(200);
  await expect(api.inferNumber('slow', 4, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);

  const submitted = await api.ask('/v2/models/slow/infer?async=true', {
    method: 'POST',
    headers: { 'idempotency-key': 'once' },
    body: JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }] }),
  });
  expect(submitted).toMatchObject({ status: 202, body: { id: expect.any(String) } });
  const { id } = submitted.body as { id: string };
  await ok(`/jobs/${id}?wait=5`);
  await ok('/jobs');
  await ok(`/jobs/${id}`, 'DELETE');
  for (const path of ['/v2/health/ready', '/v2/models/stats', '/queues/api/redis/stats']) await ok(path);
  await ok('/v2/repository/index', 'POST');
  await ok('/v2/repository/models/wide/unload', 'POST');
  await ok('/v2/repository/models/wide/load', 'POST');

  await ok('/queues/api/queues/model-update/workers');
  const [job] = await board.jobs('inference.slow.1');
  await ok(`/queues/api/queues/inference.slow.1/${job?.id}`);
  await ok(`/queues/api/queues/inference.slow.1/${job?.id}/logs`);
  for (const action of ['pause', 'resume', 'clean/completed', 'clean/failed', 'empty', `${job?.id}/clean`])
    expect([action, (await board.act('inference.slow.1', action)) < 500]).toEqual([action, true]);

  // A worker dies with a job: the sweep of another one brings it back.
  const interrupted = api.inferNumber('slow', 5);
  cluster.startWorker();
  cluster.workers[0]?.kill();
  expect(await interrupted).toMatchObject({ status: 200 });
}

describe('a Redis with TLS', () => {
  const startTls = async () => {
    const port = await freePort();
    const answers = [
      await admin(
        `CONFIG SET tls-cert-file ${authority.certFile} tls-key-file ${authority.keyFile} tls-auth-clients no`,
      ),
      await admin(`CONFIG SET tls-port ${port}`),
    ];
    expect(answers).toEqual(['+OK', '+OK']);
    return port;
  };

  it('is used with its authority', async () => {
    const REDIS_URL = `rediss://127.0.0.1:${await startTls()}`;
    await withCluster({ REDIS_URL, SLUICE_REDIS_CA: authority.caFile }, async (_, api) => {
      expect(await api.inferNumber('quick', 1)).toMatchObject({ status: 200 });
      expect(await admin('CLIENT LIST')).toMatch(/laddr=127\.0\.0\.1:\d+ .*name=sluice:queue /);
    });
  });

  it('is not trusted without it, and not taken for one without TLS', async () => {
    const port = await startTls();
    for (const reason of await failures({ REDIS_URL: `rediss://127.0.0.1:${port}` })) {
      expect(reason).toMatch(/certificate/);
      expect(reason).toContain('SLUICE_REDIS_CA');
    }
    for (const reason of await failures({ REDIS_URL: `redis://127.0.0.1:${port}` }))
      expect(reason).toContain('it hung up; a server that expects TLS does so');
  });
});
