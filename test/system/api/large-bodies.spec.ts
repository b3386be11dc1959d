import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiCluster } from './fixtures/api-cluster.js';

const CHUNK = Buffer.alloc(1_000_000, ' ');
/** Large enough to be on its way still when the answer is there. */
const CHUNKS = 20;

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: ['quick'], environment: { SLUICE_MAX_BODY_BYTES: '100000' } });
});
afterAll(() => cluster?.stop());

/** A connection to the API that reads nothing yet. */
async function openRequest(head: string): Promise<Socket> {
  const { port, hostname } = new URL(cluster.api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.setEncoding('utf8').pause();
  socket.write(`POST /v2/models/quick/infer HTTP/1.1\r\nHost: sluice\r\n${head}\r\n\r\n`);
  return socket;
}

async function readAnswer(socket: Socket): Promise<string> {
  socket.resume();
  const [text] = await once(socket, 'data');
  return String(text);
}

describe('a body over the limit', () => {
  it.each([
    ['its length announced', `Content-Length: ${CHUNK.byteLength * CHUNKS}`, '', ''],
    ['in chunks', 'Transfer-Encoding: chunked', `${CHUNK.byteLength.toString(16)}\r\n`, '\r\n'],
  ])('answers 413 to a client that sends all of it before it reads: %s', async (_, head, before, after) => {
    const socket = await openRequest(head);
    for (let sent = 0; sent < CHUNKS; sent++) {
      socket.write(before);
      socket.write(CHUNK);
      if (!socket.write(after)) await once(socket, 'drain');
    }
    const answer = await readAnswer(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('{"error":"body: expected at most 100000 bytes"}');
    socket.destroy();
  });

  it('answers 413 to an ordinary client, again and again', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      const body = Buffer.alloc(CHUNK.byteLength * CHUNKS);
      const { status, headers } = await cluster.api.ask('/v2/models/quick/infer', { method: 'POST', body });
      expect(status).toBe(413);
      expect(headers.get('x-sluice-error')).toBe('payload_too_large');
    }
    expect(await cluster.board.jobCount()).toBe(0);
  });

  it.concurrent.each([
    ['announces it and sends nothing', 'Content-Length: 1000000000', ''],
    ['sends too much and then nothing', 'Transfer-Encoding: chunked', `20000\r\n${' '.repeat(0x20000)}\r\n`],
  ])('answers at once, and ends the connection of a client that %s', async (_, head, body) => {
    const socket = await openRequest(head);
    const startedAt = performance.now();
    socket.write(body);
    expect(await readAnswer(socket)).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await once(socket, 'close');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('leaves the next request of the same server alone', async () => {
    expect(await cluster.api.inferNumber('quick', 3)).toMatchObject({ status: 200 });
  });
});
