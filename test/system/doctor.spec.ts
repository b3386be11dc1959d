import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LocalCluster } from '@sluice/local-cluster';
import { startRedis, type TestRedis } from '@sluice/testing';
import { ApiClient } from './api/fixtures/api-client.js';
import { BoardClient } from './api/fixtures/board-client.js';
import { doctor, findings } from './fixtures/doctor.js';
import { redisCommand } from './fixtures/redis-command.js';
import { ScriptedModels } from './fixtures/scripted-models.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OPERATIONS = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const SOON = { timeout: 10_000, interval: 50 };

let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(() => redis?.stop());

const admin = (line: string) => redisCommand(redis.port, line);
const user = (credentials: string) => `redis://${credentials}@127.0.0.1:${redis.port}`;

describe('the doctor, of a Redis', () => {
  it('that throws keys away and keeps nothing: says so, with commands that put it right', async () => {
    await admin('CONFIG SET maxmemory-policy allkeys-lru');
    await admin('CONFIG SET timeout 60');
    const REDIS_URL = redis.url;
    const before = await findings({ REDIS_URL });
    expect([before.code, before.ok]).toEqual([1, false]);
    expect(before.of('redis-version')).toMatchObject([{ level: 'ok', message: expect.stringContaining(REDIS_URL) }]);
    expect(before.of('eviction')).toMatchObject([{ level: 'fault' }]);
    expect(before.of('durability')).toMatchObject([{ level: 'warning' }]);
    expect(before.of('redis-memory')).toMatchObject([{ level: 'warning' }]);
    expect(before.of('client-limits')).toMatchObject([{ level: 'warning' }]);
    expect(before.of('rights')).toMatchObject([{ level: 'ok' }]);
    expect(before.of('workers')).toMatchObject([{ level: 'fault' }]);

    const fixes = before.findings.flatMap(({ fix }) => /CONFIG SET ([^#']+)/.exec(fix ?? '')?.[1]?.trim() ?? []);
    expect(fixes).toHaveLength(4);
    for (const fix of fixes) expect(await admin(`CONFIG SET ${fix}`)).toBe('+OK');
    const after = await findings({ REDIS_URL });
    for (const check of ['eviction', 'durability', 'redis-memory', 'client-limits'])
      expect(after.of(check)).toMatchObject([{ level: 'ok' }]);
  });

  it('that is a replica, or cannot be written to: says where the primary is', async () => {
    await using primary = await startRedis();
    await admin(`REPLICAOF 127.0.0.1 ${primary.port}`);
    const { of, code } = await findings({ REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(of('redis-role')).toMatchObject([{ level: 'fault', fix: `REDIS_URL=redis://127.0.0.1:${primary.port}` }]);
  });

  it('that is not there, or does not let us in: says why, and asks no further', async () => {
    await admin('CONFIG SET requirepass the-password');
    const refused = await findings({ REDIS_URL: redis.url });
    expect(refused.of('redis')).toMatchObject([{ level: 'fault', message: expect.stringContaining('NOAUTH') }]);
    await redis.kill();
    const gone = await findings({ REDIS_URL: user(':the-password') });
    expect(gone.of('redis')).toMatchObject([{ level: 'fault', message: expect.stringContaining('ECONNREFUSED') }]);
    expect(gone.of('workers')).toEqual([]);
    expect(JSON.stringify(gone.findings)).not.toContain('the-password');
  });

  it('whose user has the rights of docs/operations.md: finds them sufficient, and says what it could not see', async () => {
    await admin(/^ACL SETUSER sluice .*$/m.exec(OPERATIONS)?.[0] ?? '');
    const { of } = await findings({ REDIS_URL: user('sluice:password') });
    expect(of('rights')).toEqual([{ check: 'rights', level: 'ok', message: expect.stringContaining('sluice') }]);
    expect(of('client-limits')).toMatchObject([{ level: 'warning', message: expect.stringContaining('CONFIG GET') }]);
    expect(of('queues')).toMatchObject([{ level: 'warning', message: expect.stringContaining('SCAN') }]);
    expect(of('eviction')).toMatchObject([{ level: 'ok' }]);
    expect(await admin('DBSIZE')).toBe(':0');
  });

  it('whose user lacks a right: names it, with a command that grants it', async () => {
    const line = /^ACL SETUSER sluice .*$/m.exec(OPERATIONS)?.[0] ?? '';
    await admin(`${line} -eval -publish -client|list`);
    const [right, ...none] = (await findings({ REDIS_URL: user('sluice:password') })).of('rights');
    expect(none).toEqual([]);
    expect(right).toMatchObject({ level: 'fault', message: expect.stringContaining('EVAL, PUBLISH, CLIENT LIST') });
    const grant = /ACL SETUSER [^#]+/
      .exec(right?.fix ?? '')?.[0]
      .replaceAll("'", '')
      .trim();
    expect(await admin(grant ?? '')).toBe('+OK');
    expect((await findings({ REDIS_URL: user('sluice:password') })).of('rights')).toMatchObject([{ level: 'ok' }]);
  });
});

describe('the doctor, of a cluster', () => {
  const models = new ScriptedModels().add('busy', { fixedMs: 60 }).add('sum');
  let cluster: LocalCluster;
  beforeEach(async () => {
    cluster = await LocalCluster.start({
      root: ROOT,
      redisUrl: redis.url,
      models: models.folder,
      workers: 2,
      environment: { SLUICE_LEASE_MSS: '1' },
    });
  });
  afterEach(() => cluster?.stop());
  afterAll(() => models.remove());

  const environment = () => ({
    REDIS_URL: redis.url,
    SLUICE_URL: cluster.url(),
    SLUICE_MODELS: models.folder,
    SLUICE_MAX_CONNECTIONS: '500',
  });

  it('that is well: has nothing to say against it', async () => {
    await admin(`CONFIG SET maxmemory 1gb`);
    await admin('CONFIG SET appendonly yes');
    const { code, output } = await doctor(environment());
    expect(output).not.toMatch(/^ *[!✗]/m);
    expect(output).toMatch(/2 workers alive: worker-1\S+ \(cpu\), worker-2\S+ \(cpu\)\n/);
    expect(output).toContain('sum version 1 is ready on 2 workers');
    expect(output).toMatch(/0 faults, 0 warnings, \d+ in order\n/);
    expect(code).toBe(0);
  });

  it('whose settings are misspelt: the processes have said so themselves, once each', () => {
    for (const process of [...cluster.apis, ...cluster.workers]) {
      const warnings = process
        .log()
        .split('\n')
        .filter((line) => line.includes('"unknown_settings"'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('SLUICE_LEASE_MSS is not a setting: did you mean SLUICE_LEASE_MS?');
    }
  });

  it('whose workers have gone, with a queue that is paused: finds the jobs that wait for nobody', async () => {
    const api = new ApiClient(cluster.url());
    for (const worker of cluster.workers) worker.kill();
    await Promise.all(cluster.workers.map(({ exited }) => exited));
    const row = { inputs: [{ name: 'x', shape: [1, 2], datatype: 'INT32', data: [1, 2] }] };
    const body = new TextEncoder().encode(JSON.stringify(row));
    const accepted = await api.ask('/v2/models/sum/infer?async=true', { method: 'POST', body });
    expect(accepted.status).toBe(202);
    expect(await new BoardClient(api).act('inference.sum.1', 'pause')).toBe(200);
    await vi.waitFor(async () => {
      const { code, of } = await findings(environment());
      expect(code).toBe(1);
      expect(of('workers')).toMatchObject([{ level: 'fault', message: expect.stringContaining('no worker is alive') }]);
      expect(of('queues')).toMatchObject([
        { level: 'warning', message: expect.stringContaining('inference.sum.1 is paused') },
        { level: 'fault', message: '1 job waiting in queue inference.sum.1, which no worker alive serves' },
      ]);
    }, SOON);
    const [paused] = (await findings(environment())).of('queues');
    const resume = /^curl -X PUT (?<url>\S+)$/.exec(paused?.fix ?? '')?.groups?.['url'];
    expect((await fetch(resume ?? 'nowhere', { method: 'PUT' })).status).toBe(200);
    expect((await findings(environment())).of('queues')).toMatchObject([{ level: 'fault' }]);
  });
});

describe('the doctor, of the environment', () => {
  it('names what would not start and what is no setting, and looks at the rest all the same', async () => {
    const env = { REDIS_URL: redis.url, SLUICE_HOST: '0.0.0.0', SLUICE_LEASE_MSS: '1', SLUICE_MODELS: '/nowhere' };
    const { of } = await findings(env);
    expect(of('settings')).toMatchObject([
      { level: 'fault', message: expect.stringContaining('SLUICE_HOST is 0.0.0.0, which others can reach') },
      { level: 'warning', message: 'SLUICE_LEASE_MSS is not a setting: did you mean SLUICE_LEASE_MS?' },
    ]);
    expect(of('models-folder')).toMatchObject([{ level: 'fault', message: expect.stringContaining('/nowhere') }]);
    expect(of('redis-version')).toMatchObject([{ level: 'ok' }]);
  });

  it('takes no other arguments', async () => {
    const { code, errors } = await doctor({}, ['--fix']);
    expect(code).toBe(1);
    expect(errors).toContain('`doctor` takes --json');
  });
});
