import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ROOT } from './paths.mjs';
import { SetUpError } from './set-up-error.mjs';

/** Makes sure that there is a Redis: the one that REDIS_URL names, or a server's program on this machine. */
export async function provideRedis(tell) {
  const url = process.env.REDIS_URL;
  if (url) return ping(url);

  const { installRedis, locateRedis } = await import(
    pathToFileURL(join(ROOT, 'dist', 'libs', 'embedded-redis', 'src', 'index.js')).href
  );
  const located = locateRedis(ROOT);
  if (located) return located.version;
  try {
    const installed = await installRedis(ROOT, {
      announce: tell,
      confirm: (question) => {
        tell(undefined);
        return confirm(question);
      },
    });
    return `${installed.version} installed`;
  } catch (error) {
    throw error.code === 'redis_unavailable' ? new SetUpError(error.message) : error;
  }
}

/** Asks whoever sits at the terminal; where nobody does (CI, a container's build), the answer is yes. */
async function confirm(question) {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return true;
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`  ? ${question} [Y/n] `);
  terminal.close();
  return !/^n/i.test(answer.trim());
}

/** @throws {SetUpError} when no Redis answers there */
async function ping(url) {
  const shown = url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1:***@');
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The reason why a connection failed is told here, and only its consequence to the caller of connect().
  let reason;
  client.on('error', (error) => (reason = error));
  try {
    await client.connect();
    await client.ping();
    return `Redis at ${shown}`;
  } catch (error) {
    throw new SetUpError(
      `No Redis answers at REDIS_URL (${shown}): ${(reason ?? error).message || (reason ?? error).code}\n` +
        'Correct REDIS_URL, or leave it out: then Sluice brings a Redis of its own.',
    );
  } finally {
    client.disconnect();
  }
}
