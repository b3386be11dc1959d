import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of the loopback interface that is free now. Another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a TCP address');
  server.close();
  await once(server, 'close');
  return address.port;
}
