import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EmbeddedRedis, freePort, locateRedis, type RedisBinary } from '@sluice/embedded-redis';
import { startRedis } from '@sluice/testing';
import { isAlive } from '../system/fixtures/cluster-folder.js';
import { redisCommand } from '../system/fixtures/redis-command.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

function located(): RedisBinary {
  const binary = locateRedis(root);
  if (!binary) throw new Error('no Redis server here');
  return binary;
}

describe('EmbeddedRedis', () => {
  it('accepts commands when it has started, never evicts, writes nothing to disk, and is gone when stopped', async () => {
    const server = await EmbeddedRedis.start(located());
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await redisCommand(server.port, 'PING')).toBe('+PONG');
    expect(await redisCommand(server.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await redisCommand(server.port, 'CONFIG GET save')).toMatch(/save\r\n\$0$/);
    expect(await redisCommand(server.port, 'CONFIG GET appendonly')).toMatch(/no$/);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    await server.stop();
  });

  it('gives each of many that start at once a port of its own', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => EmbeddedRedis.start(located())));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(6);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('says why it did not start', async () => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    await expect(EmbeddedRedis.start(located(), { port })).rejects.toThrow(/Address already in use/);
    taken.close();
    await expect(EmbeddedRedis.start({ command: '/no/such/redis', version: 'Redis 0' })).rejects.toThrow(/ENOENT/);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const owner = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { EmbeddedRedis, locateRedis } from ${JSON.stringify(`${root}dist/libs/embedded-redis/src/index.js`)};
       const server = await EmbeddedRedis.start(locateRedis(${JSON.stringify(root)}));
       console.log(server.pid);`,
    ]);
    const [line] = await once(owner.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5_000);
  });
});

describe('startRedis', () => {
  it('keeps what was acknowledged through a crash, at the same address, when durable', async () => {
    const redis = await startRedis({ durable: true });
    const { port } = redis;
    expect(await redisCommand(port, 'SET key value')).toBe('+OK');
    await redis.kill();
    await expect(redisCommand(port, 'PING')).rejects.toThrow(/ECONNREFUSED/);
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(await redisCommand(port, 'GET key')).toBe('$5\r\nvalue');
    await redis.stop();
  });

  it('answers nothing while paused, and what was asked once it resumes', async () => {
    const redis = await startRedis();
    redis.pause();
    let isAnswered = false;
    const answer = redisCommand(redis.port, 'PING').finally(() => (isAnswered = true));
    await expect(redisCommand(redis.port, 'PING', AbortSignal.timeout(200))).rejects.toThrow(/aborted/);
    expect(isAnswered).toBe(false);
    redis.resume();
    expect(await answer).toBe('+PONG');
    await redis.stop();
  });

  it('stops a server that is paused', async () => {
    const redis = await startRedis();
    redis.pause();
    await redis.stop();
    expect(isAlive(redis.pid)).toBe(false);
  });
});
