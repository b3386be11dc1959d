import { createWriteStream } from 'node:fs';
import { EmbeddedRedis, type RedisBinary } from '@sluice/embedded-redis';

/** Its clients stop when we are killed, and hand their work back: for that Redis has to be there a little longer. */
const LINGER_SECONDS = 3;

/**
 * The cluster's own Redis, for supervision: started again, it listens where it did before and holds what it held.
 *
 * @returns launches it; may be called again once the former is gone
 */
export function embeddedRedisLauncher(binary: RedisBinary, dataDir: string, logFile: string) {
  const log = createWriteStream(logFile, { flags: 'a' });
  let port: number | undefined;
  return async (): Promise<EmbeddedRedis> => {
    const server = await EmbeddedRedis.start(binary, {
      dataDir,
      port,
      lingerSeconds: LINGER_SECONDS,
      onLog: (text) => log.write(text),
    });
    port = server.port;
    return server;
  };
}
