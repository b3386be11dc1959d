import { readFileSync } from 'node:fs';
import { SluiceError } from '@sluice/contracts';
import { Redis, type Command, type RedisOptions } from 'ioredis';
import { describeConnectFailure } from './connect-failure.js';
import { watchForSilence } from './silence-watch.js';

/**
 * How every part of Sluice connects to Redis.
 *
 * Retries have no limit: what was not answered is sent again after a reconnect, and every operation bears that.
 */
export const REDIS_OPTIONS = {
  maxRetriesPerRequest: null,
  // It serves one pipeline at a time per node, so that Node and Redis alternate instead of overlapping: 35 to 45 % slower.
  enableAutoPipelining: false,
  // An attempt that nobody answers is dropped for a fresh one: the pauses of a lone one grow, to 4 s and more.
  connectTimeout: 3_000,
  keepAlive: 5_000,
  retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
} as const satisfies RedisOptions;

/**
 * A connection that is opened by its `connect` (or its first command). `name` is what CLIENT LIST shows.
 *
 * @param url `redis://` or `rediss://`, with user and password; `?ca=<file>` names authorities to trust, in PEM
 */
export function redisConnection(url: string, name: string, onError: (error: Error) => void): Redis {
  const address = new URL(url);
  const ca = address.searchParams.get('ca');
  address.searchParams.delete('ca');
  const connection = new SluiceRedis(address.href, {
    ...REDIS_OPTIONS,
    connectionName: `sluice:${name}`,
    lazyConnect: true,
    ...(ca !== null && { tls: { ca: readFileSync(ca) } }),
  });
  connection.on('error', onError);
  watchForSilence(connection, onError);
  return connection;
}

/**
 * ioredis, but for two things. It says of every connection that does not come about that it "is closed": here it says
 * why. And it writes each command to the socket by itself, a system call each: here those that one event brought about
 * leave together, when its promises have run, and none waits for a further event.
 */
class SluiceRedis extends Redis {
  private isGathering = false;

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    if (!this.isGathering && this.stream) this.gather(this.stream);
    return super.sendCommand(command, stream);
  }

  private gather(stream: Redis['stream']): void {
    this.isGathering = true;
    stream.cork();
    // A tick that a microtask asks for comes when no microtask is left.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.isGathering = false;
        stream.uncork();
      }),
    );
  }

  /** @throws SluiceError redis_unavailable, when the first attempt fails; further ones go on in the background */
  override async connect(): Promise<void> {
    let reason: Error | undefined;
    const note = (error: Error) => (reason = error);
    this.on('error', note);
    try {
      await super.connect();
    } catch (error) {
      const { host = 'localhost', port = 6379 } = this.options;
      const message = `Redis at ${host}:${port}: ${describeConnectFailure(reason ?? error)}`;
      throw new SluiceError('redis_unavailable', message, { cause: reason ?? error });
    } finally {
      this.off('error', note);
    }
  }
}
