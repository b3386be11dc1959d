import { join } from 'node:path';

/** The last line of releases under the BSD licence; it compiles with make and a C compiler alone. */
const VERSION = '7.2.7';

/** Where `compileRedis` leaves the server. Not below node_modules, which `npm ci` empties. */
export function compiledRedisPath(root: string): string {
  return join(binariesDirectory(root), VERSION, 'redis-server');
}

/**
 * Downloads Redis' source and compiles it, which takes a minute or two.
 *
 * @throws Error without a network, make or a C compiler
 */
export async function compileRedis(root: string): Promise<void> {
  // Imported here, so that starting a server does not pay for loading an archiver and a downloader.
  const { RedisBinary } = await import('redis-memory-server');
  await RedisBinary.getPath({ version: VERSION, downloadDir: binariesDirectory(root) });
}

function binariesDirectory(root: string): string {
  return join(root, '.sluice', 'redis-binaries');
}
