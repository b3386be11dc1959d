import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@sluice/embedded-redis';
import { ClusterFolder, isAlive } from './fixtures/cluster-folder.js';
import { redisCommand } from './fixtures/redis-command.js';

describe('sluice up', () => {
  let folder: ClusterFolder;
  let port: string;
  beforeEach(async () => {
    folder = new ClusterFolder();
    port = String(await freePort());
  });
  afterEach(() => folder[Symbol.dispose]());

  async function start(env: Record<string, string> = {}) {
    const before = folder.events().length;
    const up = folder.up({ PORT: port, ...env });
    await up.printed('Ctrl-C stops everything');
    // The stand-in for the API is ready without workers.
    const processes = Number(env['SLUICE_WORKERS'] ?? 2) + 1;
    await vi.waitFor(() => expect(startedSince(before)).toHaveLength(processes), 5_000);
    return up;
  }

  function startedSince(index: number): string[] {
    return folder
      .events()
      .slice(index)
      .filter((event) => event.endsWith(' started'));
  }

  it('starts Redis, workers and the API, and says where they are', async () => {
    const up = await start({ SLUICE_WORKERS: '3' });
    expect(folder.events().toSorted()).toEqual([
      'api started',
      'worker-1 started',
      'worker-2 started',
      'worker-3 started',
    ]);
    expect(up.output).toContain(`http://127.0.0.1:${port}/docs`);
    expect(up.output).toMatch(/Redis +redis:\/\/127\.0\.0\.1:\d+/);
    expect(up.output).toMatch(/✓ cluster ready +\d+\.\d s/);
  });

  it('warns of what is no setting', async () => {
    const up = await start({ SLUICE_WORKER: '5' });
    expect(up.output).toContain('! SLUICE_WORKER is not a setting: did you mean SLUICE_WORKERS?');
    expect(folder.pids()).toHaveLength(4);
  });

  it('lets the doctor find its Redis', async () => {
    const up = await start();
    const redis = /redis:\/\/127\.0\.0\.1:\d+/.exec(up.output)?.[0] ?? 'none';
    expect(folder.sluice('doctor')).toContain(`answers at ${redis}\n`);
    up.kill('SIGINT');
    expect(await up.exited).toBe(0);
    expect(folder.sluice('doctor')).not.toContain(redis);
  });

  it('stops in order at a Ctrl-C that reaches its whole group: API, workers, Redis; nothing is left', async () => {
    const up = await start();
    const pids = folder.pids();
    expect(pids).toHaveLength(4);
    const startedAt = performance.now();
    up.interruptGroup();
    expect(await up.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);

    const stop = folder.events().slice(3);
    expect(stop.slice(0, 2)).toEqual(['api stopping', 'api ended']);
    expect(stop.slice(2).toSorted()).toEqual([
      'worker-1 drained with +PONG',
      'worker-1 stopping',
      'worker-2 drained with +PONG',
      'worker-2 stopping',
    ]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('kills everything at the second Ctrl-C', async () => {
    const up = await start({ FAKE_WORKER_HANGS: '1' });
    const pids = folder.pids();
    const startedAt = performance.now();
    const impatience = setInterval(() => up.interruptGroup(), 100);
    expect(await up.exited).toBe(130);
    clearInterval(impatience);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('ends a worker that does not drain, and still stops within 10 s', async () => {
    const up = await start({ FAKE_WORKER_HANGS: '1' });
    const pids = folder.pids();
    const startedAt = performance.now();
    up.kill('SIGTERM');
    expect(await up.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.each(['worker-1', 'api'])('restarts %s when it dies, and says so', async (name) => {
    const up = await start();
    const first = folder.pidOf(name);
    process.kill(first, 'SIGKILL');
    await up.printed(`${name} died (killed by SIGKILL), restarting in 0.5 s`);
    await vi.waitFor(() => expect(folder.pidOf(name)).not.toBe(first), 5_000);
    up.kill('SIGINT');
    expect(await up.exited).toBe(0);
    expect(folder.pids().filter(isAlive)).toEqual([]);
  });

  it('brings Redis back where it was when that dies', async () => {
    const up = await start();
    const address = /redis:\/\/127\.0\.0\.1:(\d+)/.exec(up.output)?.[1];
    process.kill(redisPid(folder), 'SIGKILL');
    await up.printed('redis died');
    await vi.waitFor(async () => expect(await redisCommand(Number(address), 'PING')).toBe('+PONG'), 5_000);
  });

  it('gives up, with the log, when a process dies again and again', async () => {
    const up = folder.up({ PORT: port, FAKE_API_FAILS: '1' });
    expect(await up.exited).toBe(1);
    expect(up.output).toContain('the cluster did not start: api died 3 times');
    expect(up.output).toContain('fatal no configuration the reason');
    expect(folder.pids().filter(isAlive)).toEqual([]);
  });

  it('says that the port is taken before anything starts', async () => {
    const server = createServer().listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    const up = folder.up({ PORT: port });
    expect(await up.exited).toBe(1);
    server.close();
    expect(up.output).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(up.output).toContain(`PORT=${Number(port) + 1} npm start`);
    expect(folder.pids()).toEqual([]);
  });

  it('refuses to run twice in one folder', async () => {
    await start();
    const second = folder.up({ PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.output).toContain('a cluster of this folder runs already');
  });

  it('takes its processes along when it is killed, and starts again over what they saved', async () => {
    const up = await start();
    const redisPort = Number(/redis:\/\/127\.0\.0\.1:(\d+)/.exec(up.output)?.[1]);
    expect(await redisCommand(redisPort, 'SET durable yes')).toBe('+OK');
    const pids = folder.pids();
    up.kill('SIGKILL');
    const children = pids.filter((pid) => pid !== redisPid(folder));
    await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), 5_000);
    expect(folder.events().filter((event) => event.endsWith('orphaned'))).toHaveLength(3);

    // Redis lingers for its clients' sake; the next cluster must not run beside it on the same file.
    const next = await start();
    expect(pids.filter(isAlive)).toEqual([]);
    const nextPort = Number(/redis:\/\/127\.0\.0\.1:(\d+)/.exec(next.output)?.[1]);
    expect(await redisCommand(nextPort, 'GET durable')).toBe('$3\r\nyes');
  });
});

function redisPid(folder: ClusterFolder): number {
  const ours = new Set(['api', 'worker-1', 'worker-2'].map((name) => folder.pidOf(name)));
  const [pid] = folder.pids().filter((candidate) => !ours.has(candidate));
  if (pid === undefined) throw new Error('Redis does not run');
  return pid;
}
