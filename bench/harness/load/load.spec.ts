import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { seededRandom } from '@sluice/onnx-writer';
import { ClosedLoop } from './closed-loop.js';
import { closedWindow } from './closed-window.js';
import { HttpConnection } from './http-connection.js';
import { openLoop } from './open-loop.js';
import { prepareInfer, type PreparedRequest } from './prepared-request.js';

/** A server that echoes: `slow` after 20 ms, `refuse` with 429, `torn` in two packets, `vanish` by hanging up. */
let server: Server;
let port: number;
let inFlight = 0;
let mostInFlight = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    inFlight++;
    mostInFlight = Math.max(mostInFlight, inFlight);
    response.once('close', () => inFlight--);
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      response.setHeader('content-length', Buffer.byteLength(body));
      if (body === 'vanish') request.socket.destroy();
      else if (body === 'torn') {
        response.write('to');
        setImmediate(() => response.end('rn'));
      } else if (body === 'slow') setTimeout(() => response.end(body), 20);
      else response.writeHead(body === 'refuse' ? 429 : 200).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  port = address.port;
});
beforeEach(() => {
  mostInFlight = 0;
});
afterAll(() => {
  server.close();
});

function echo(body: string, expected = body): PreparedRequest {
  return prepareInfer('echo', body, (answer) => answer.toString() === expected);
}

describe('HttpConnection', () => {
  it('carries one request after the other, and puts a torn answer together', async () => {
    const connection = await HttpConnection.open(port);
    for (const body of ['one', 'torn', 'slow', '']) {
      const answer = await connection.send(echo(body).bytes);
      expect([answer.status, answer.body.toString()]).toEqual([200, body]);
    }
    connection.close();
  });

  it('fails what was sent when the connection ends', async () => {
    const connection = await HttpConnection.open(port);
    await expect(connection.send(echo('vanish').bytes)).rejects.toThrow('closed the connection');
    await expect(connection.send(echo('one').bytes)).rejects.toThrow('is closed');
  });
});

describe('ClosedLoop', () => {
  it('keeps every client busy, and counts what was answered in the window', async () => {
    const load = new ClosedLoop(port, [echo('slow'), echo('slow'), echo('slow')]);
    await load.start();
    const { latenciesMs, seconds } = await load.window(150);
    await load.stop();
    expect(mostInFlight).toBe(3);
    expect(seconds).toBeGreaterThanOrEqual(0.149);
    // Three clients, 20 ms or more each time.
    expect(latenciesMs.length).toBeGreaterThan(3);
    expect(latenciesMs.length).toBeLessThanOrEqual((3 * 1000 * seconds) / 19 + 3);
    expect(Math.min(...latenciesMs)).toBeGreaterThanOrEqual(19);
  });

  it.each([
    ['wrong', echo('one', 'two'), 'a wrong answer: 200 one'],
    ['refused', echo('refuse'), 'a wrong answer: 429'],
    ['missing', echo('vanish'), 'closed the connection'],
  ])('ends at an answer that is %s', async (_, request, message) => {
    const load = new ClosedLoop(port, [echo('slow'), request]);
    await load.start();
    await expect(load.window(10_000)).rejects.toThrow(message);
    await expect(load.stop()).rejects.toThrow(message);
  });
});

describe('closedWindow', () => {
  const target = () => ({ port, cpu: () => undefined });

  it('goes on until there are as many answers as clients', async () => {
    const window = await closedWindow(target(), [echo('slow'), echo('slow'), echo('slow')], 1);
    expect(window.latenciesMs.length).toBeGreaterThanOrEqual(3);
    expect(window.seconds).toBeGreaterThanOrEqual(0.015);
    expect(window.rps).toBeCloseTo(window.latenciesMs.length / window.seconds);
  });

  it('ends at a wrong answer', async () => {
    await expect(closedWindow(target(), [echo('slow'), echo('one', 'two')], 10_000)).rejects.toThrow('a wrong answer');
  });
});

describe('openLoop', () => {
  const base = { connections: 2, random: seededRandom(1), durationMs: 200 };

  it('sends at its rate whatever the answers take, which their latency shows', async () => {
    const answers = await openLoop({ ...base, port, requests: [echo('slow')], ratePerSecond: 500 });
    // 100 expected: within five standard deviations.
    expect(Math.abs(answers.length - 100)).toBeLessThan(50);
    expect(mostInFlight).toBe(2);
    // Two connections serve 100 requests/s at most: the last ones have waited for about all others.
    const last = Math.max(...answers.map(({ latencyMs }) => latencyMs));
    expect(last).toBeGreaterThan((answers.length / 2) * 20 - base.durationMs - 20);
    expect(answers.every(({ sentLateMs, latencyMs }) => sentLateMs >= 0 && sentLateMs < latencyMs)).toBe(true);
  });

  it('takes a refusal for an answer, but no wrong one', async () => {
    const refused = await openLoop({ ...base, port, requests: [echo('refuse')], ratePerSecond: 200 });
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    const wrong = openLoop({ ...base, port, requests: [echo('one', 'two')], ratePerSecond: 200 });
    await expect(wrong).rejects.toThrow('a wrong answer');
  });
});
