import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLogger } from '@sluice/telemetry';
import { Balancer, type BalancerOptions } from './balancer.js';
import { NamedUpstreams } from './upstreams.js';

const logger = createLogger('balancer', 'silent');
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** An HTTP server at an address of the loopback network, that says which one it is. */
async function upstream(address: string, port = 0): Promise<{ server: Server; port: number; requests: () => number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume().once('end', () => response.end(address));
  }).listen(port, address);
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a server without a port');
  return { server, port: bound.port, requests: () => requests };
}

async function balance(addresses: readonly string[], port: number, options: Partial<BalancerOptions> = {}) {
  const upstreams = new NamedUpstreams('api', async () => addresses);
  const balancer = new Balancer({ upstreams, upstreamPort: port, logger, graceMs: 50, ...options });
  const own = await balancer.start(0, '127.0.0.1');
  cleanups.push(() => balancer.stop());
  return { balancer, port: own };
}

/** A request on a connection of its own. */
const ask = async (port: number) => {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body: 'x',
    headers: { connection: 'close' },
  });
  return response.text();
};

describe('Balancer', () => {
  it('spreads connections that stay open', async () => {
    const first = await upstream('127.0.0.1');
    await upstream('127.0.0.2', first.port);
    const { port } = await balance(['127.0.0.1', '127.0.0.2'], first.port);
    const reached: string[] = [];
    for (let opened = 0; opened < 6; opened++) {
      const socket = connect(port, '127.0.0.1');
      cleanups.push(() => socket.destroy());
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
      const [answer] = await once(socket, 'data');
      reached.push(/127\.0\.0\.\d/.exec(String(answer))![0]);
    }
    expect(reached.filter((address) => address === '127.0.0.1')).toHaveLength(3);
  });

  it('passes by an address that refuses', async () => {
    const there = await upstream('127.0.0.2');
    const { port } = await balance(['127.0.0.1', '127.0.0.2', '127.0.0.3'], there.port);
    expect(await Promise.all([ask(port), ask(port), ask(port)])).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.2']);
  });

  it('keeps a client waiting while nobody is there', async () => {
    const before = await upstream('127.0.0.1');
    before.server.close();
    const asked = vi.fn<(name: string) => Promise<readonly string[]>>(async () => ['127.0.0.1']);
    const upstreams = new NamedUpstreams('api', asked);
    const { port } = await balance([], before.port, { upstreams });
    const answer = ask(port);
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(1));
    await upstream('127.0.0.1', before.port);
    expect(await answer).toBe('127.0.0.1');
  });

  it('sends the client away when nobody comes', async () => {
    const { port } = await balance([], 1, { patienceMs: 1 });
    await expect(ask(port)).rejects.toThrow('fetch failed');
  });

  it('bears a name that cannot be resolved', async () => {
    const upstreams = new NamedUpstreams('api', () => Promise.reject(new Error('ENOTFOUND')));
    expect(await upstreams.candidates()).toEqual([]);
  });

  it('carries the answer to a client that has ended its side', async () => {
    const there = await upstream('127.0.0.1');
    const { port } = await balance(['127.0.0.1'], there.port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    expect(await text(socket)).toMatch(/127\.0\.0\.1$|127\.0\.0\.1\r\n/);
  });

  it('breaks the connection of a client whose server broke', async () => {
    const there = await upstream('127.0.0.1');
    there.server.removeAllListeners('request');
    there.server.on('request', (request) => request.socket.resetAndDestroy());
    const { port } = await balance(['127.0.0.1'], there.port);
    await expect(ask(port)).rejects.toThrow('fetch failed');
  });

  it('lets what runs end when it stops, and nothing new in', async () => {
    const there = await upstream('127.0.0.1');
    const answers: (() => void)[] = [];
    there.server.removeAllListeners('request');
    there.server.on('request', (_request, response) => answers.push(() => response.end('late')));
    const { port, balancer } = await balance(['127.0.0.1'], there.port, { graceMs: 5_000 });
    const running = ask(port);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    const stopped = balancer.stop();
    await expect(ask(port)).rejects.toThrow('fetch failed');
    answers[0]!();
    expect(await running).toBe('late');
    await stopped;
  });
});
