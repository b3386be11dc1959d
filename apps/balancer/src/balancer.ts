import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/telemetry';
import type { Upstreams } from './upstreams.js';

export interface BalancerOptions {
  readonly upstreams: Upstreams;
  /** Of the upstreams, the same at every address. */
  readonly upstreamPort: number;
  readonly logger: Logger;
  /** How long a client is kept waiting while nobody is there to serve it; an API takes some seconds to restart. */
  readonly patienceMs?: number;
  /** How long open connections may go on after `stop`. */
  readonly graceMs?: number;
}

const PATIENCE_MS = 10_000;
const GRACE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 1_000;
const BETWEEN_ROUNDS_MS = 100;
const KEEP_ALIVE_MS = 5_000;

/**
 * One address in front of all APIs: passes each TCP connection on to one of them.
 *
 * It reads nothing of what it carries, so TLS, keys and large bodies pass as they are. A connection that is refused is
 * tried at the next address, and that is safe: nothing has been sent. What is lost later is the client's to repeat.
 */
export class Balancer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly stopping = new AbortController();

  constructor(private readonly options: BalancerOptions) {
    // Half open: a client may end its side and still wait for the answer. Paused: nothing is read before somebody takes it.
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      void this.serve(client);
    });
  }

  /** @returns the port, which was chosen when 0 was asked for. @throws Error when it is not free */
  async start(port: number, host: string): Promise<number> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('a server without a port');
    return address.port;
  }

  /** Takes no more connections, and ends those that are still open after the grace. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.stopping.abort();
    const end = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, this.options.graceMs ?? GRACE_MS);
    await closed;
    clearTimeout(end);
  }

  private async serve(client: Socket): Promise<void> {
    this.track(client);
    const found = await this.reachUpstream(client);
    if (!found) {
      this.options.logger.warn({ patienceMs: this.options.patienceMs ?? PATIENCE_MS }, 'no_upstream');
      client.resetAndDestroy();
      return;
    }
    const { upstream, address } = found;
    this.options.upstreams.opened(address);
    upstream.once('close', () => this.options.upstreams.closed(address));
    join(client, upstream);
  }

  /** @returns undefined when nobody was there for too long, or the client gave up */
  private async reachUpstream(client: Socket): Promise<{ upstream: Socket; address: string } | undefined> {
    const { upstreams, upstreamPort, patienceMs = PATIENCE_MS } = this.options;
    const { signal } = this.stopping;
    const until = performance.now() + patienceMs;
    do {
      for (const address of await upstreams.candidates()) {
        const upstream = await this.tryConnect(address, upstreamPort);
        if (client.destroyed) upstream?.destroy();
        else if (upstream) return { upstream, address };
      }
      await delay(BETWEEN_ROUNDS_MS, undefined, { signal }).catch(() => {});
    } while (performance.now() < until && !client.destroyed && !signal.aborted);
    return undefined;
  }

  private async tryConnect(host: string, port: number): Promise<Socket | undefined> {
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.track(upstream);
    try {
      await once(upstream, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
      return upstream;
    } catch {
      upstream.destroy();
      return undefined;
    }
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    // A peer that vanished says nothing.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    // Told by `close`, which always follows.
    socket.on('error', () => {});
    socket.once('close', () => this.sockets.delete(socket));
  }
}

/** Carries both ways, ends included; a side that breaks breaks the other, so that nobody waits for what cannot come. */
function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.once('close', () => upstream.destroy());
  upstream.once('close', (broken) => (broken ? client.resetAndDestroy() : client.destroySoon()));
}
