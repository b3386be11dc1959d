import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy that can break a connection at the worst moment, after the server has acted and before its answer arrives,
 * and that can put a server far away.
 */
export class SeveringProxy {
  private readonly sockets = new Set<Socket>();
  private armed: (() => void) | undefined;
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Stands before the server at `target`, a URL with host and port. */
  static async before(target: string): Promise<SeveringProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    const proxy = new SeveringProxy(server, address.port);
    server.on('connection', (client) => proxy.pipe(client, connect(Number(port), hostname)));
    return proxy;
  }

  /** The next answer of the server is swallowed and its connection cut. Resolves when that has happened. */
  severNextAnswer(): Promise<void> {
    return new Promise((resolve) => (this.armed = resolve));
  }

  /** From now on every answer takes so much longer: what takes n times as long took n round trips. */
  delayAnswers(ms: number): void {
    this.delayMs = ms;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private pipe(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (answer) => {
      const severed = this.armed;
      this.armed = undefined;
      if (severed) {
        client.destroy();
        severed();
      } else if (this.delayMs > 0) setTimeout(() => client.write(answer), this.delayMs);
      else client.write(answer);
    });
  }
}
