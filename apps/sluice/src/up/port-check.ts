import { once } from 'node:events';
import { createServer } from 'node:net';
import { UsageError } from '../usage-error.js';

/**
 * Makes sure that the API will get its port, before anything has been started for it.
 *
 * @throws UsageError that says what to do
 */
export async function assertPortIsFree(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new UsageError(
        `port ${port} on ${host} is taken by another program.\n` +
          `Stop that program, or choose another port:  PORT=${port === 65_535 ? 3000 : port + 1} npm start`,
        { cause: error },
      );
    if (code === 'EACCES')
      throw new UsageError(`port ${port} needs more rights than we have. Choose one above 1023:  PORT=3000 npm start`, {
        cause: error,
      });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new UsageError(`SLUICE_HOST is \`${host}\`, which is no address of this machine`, { cause: error });
    throw error;
  }
  server.close();
  await once(server, 'close');
}
