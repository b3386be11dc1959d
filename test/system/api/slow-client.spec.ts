import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setInterval } from 'node:timers';
import { ApiCluster } from './fixtures/api-cluster.js';

const RECEIVE_MS = 1_500;
/** Node looks at its connections ten times within that. */
const CUT_OFF_WITHIN_MS = RECEIVE_MS * 1.5 + 1_000;
const HEAD = 'POST /v2/models/quick/infer HTTP/1.1\r\nHost: sluice\r\n';
const CROWD = 200;
const CONNECTIONS = 260;

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick', 'wide'],
    environment: { SLUICE_RECEIVE_TIMEOUT_MS: String(RECEIVE_MS), SLUICE_MAX_CONNECTIONS: String(CONNECTIONS) },
  });
});
afterAll(() => cluster?.stop());

async function open(): Promise<Socket> {
  const { port, hostname } = new URL(cluster.api.url);
  const socket = connect(Number(port), hostname);
  // Cut off while it still sends.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Sends one byte after the other until it is cut off. @returns what it was answered, and after how long it was over */
async function drip(first: string, byte: string): Promise<{ answer: string; ms: number }> {
  const socket = await open();
  const startedAt = performance.now();
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.write(first);
  const timer = setInterval(() => socket.write(byte), 100);
  await once(socket, 'close');
  clearInterval(timer);
  return { answer, ms: performance.now() - startedAt };
}

/** Of the API's process, in MiB. */
function memory(): number {
  const status = readFileSync(`/proc/${cluster.processes.apis[0]?.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe('a client that sends a byte now and then', () => {
  it.each([
    ['of its headers', HEAD, 'X'],
    ['of its body', `${HEAD}Content-Length: 1000\r\n\r\n{`, ' '],
    ['of a body in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ])('%s gets 408 and is cut off', async (_, first, byte) => {
    const { answer, ms } = await drip(first, byte);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('X-Sluice-Error: request_timeout');
    expect(answer).toContain('{"error":"the request was not received whole in time"}');
    expect(ms).toBeGreaterThan(RECEIVE_MS * 0.9);
    expect(ms).toBeLessThan(CUT_OFF_WITHIN_MS);
  });

  it('or none at all is cut off', async () => {
    const { ms } = await drip('', '');
    expect(ms).toBeLessThan(CUT_OFF_WITHIN_MS);
  });

  it(`does not keep others waiting, ${CROWD} of them neither, and costs no memory`, async () => {
    await cluster.api.inferNumber('quick', 0);
    const before = memory();
    const crowd = Promise.all(
      Array.from({ length: CROWD }, (_, index) =>
        index % 2 ? drip(HEAD, 'X') : drip(`${HEAD}Content-Length: 1000000\r\n\r\n{`, ' '),
      ),
    );
    let slowest = 0;
    const over = new AbortController();
    const ends = crowd.finally(() => over.abort());
    for (let value = 0; !over.signal.aborted; value++) {
      const startedAt = performance.now();
      expect(await cluster.api.inferNumber('quick', value)).toMatchObject({ status: 200 });
      slowest = Math.max(slowest, performance.now() - startedAt);
    }
    for (const { answer } of await ends) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    const grown = memory() - before;
    console.log(
      `${CROWD} slow clients: slowest good request ${slowest.toFixed(0)} ms, memory +${grown.toFixed(1)} MiB`,
    );
    expect(grown).toBeLessThan(60);
  });
});

it('a client that does not take its answer is cut off', async () => {
  const columns = 1_500_000;
  const x = { shape: [1, columns], datatype: 'FP32', data: Array.from({ length: columns }, () => 0.12345678) };
  expect(await cluster.api.inferX('wide', x)).toMatchObject({ status: 200 });
  const body = JSON.stringify({ inputs: [{ name: 'x', ...x }] });
  const socket = await open();
  socket.pause();
  socket.write(`POST /v2/models/wide/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  // A part of the answer waits in the kernel's buffers; the rest of it must not wait in ours.
  await vi.waitFor(() => expect(establishedTo(socket)).toBe(false), { timeout: 20_000, interval: 100 });
  socket.destroy();
}, 40_000);

/** Whether the server's side of a connection is still open: state 01, as the kernel lists it. */
function establishedTo(client: Socket): boolean {
  const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`:${hex(client.remotePort)} [0-9A-F]+:${hex(client.localPort)} 01 `);
  return line.test(readFileSync('/proc/net/tcp', 'utf8'));
}

it(`connections beyond ${CONNECTIONS} are closed at once, and those within go on`, async () => {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS + 20 }, open));
  const closed = new Set<Socket>();
  for (const socket of sockets) socket.resume().once('close', () => closed.add(socket));
  await vi.waitFor(() => expect(closed.size).toBeGreaterThanOrEqual(20), { timeout: 1_000, interval: 20 });
  const survivor = sockets.find((socket) => !closed.has(socket));
  survivor?.write('GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  let answer = '';
  survivor?.on('data', (bytes) => (answer += String(bytes)));
  await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 200 /));
  for (const socket of sockets) socket.destroy();
});
