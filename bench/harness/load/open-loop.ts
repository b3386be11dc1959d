import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@sluice/onnx-writer';
import { ConnectionPool } from './connection-pool.js';
import { assertAnswered, type PreparedRequest } from './prepared-request.js';

export interface OpenLoopOptions {
  readonly port: number;
  /** In turn. */
  readonly requests: readonly PreparedRequest[];
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** Most requests in flight; what comes when so many are waits, and its latency counts. */
  readonly connections: number;
  readonly random: Random;
}

export interface OpenLoopAnswer {
  readonly status: number;
  /** From when the request should have been sent, so that what delays the sender is not left out. */
  readonly latencyMs: number;
  /** What part of it is this client's own timer, about 1 ms. */
  readonly sentLateMs: number;
}

/**
 * Poisson arrivals: as users come, without regard to how long others wait. All requests are answered when this resolves.
 *
 * The sender sleeps between arrivals. One that spins is on time to the microsecond, and takes away a core from what it
 * measures.
 *
 * @throws Error when an answer is missing, or wrong; a refusal (any status but 200) is an answer
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopAnswer[]> {
  const { port, requests, ratePerSecond, durationMs, connections, random } = options;
  const pool = await ConnectionPool.open(port, connections);
  const sent: Promise<OpenLoopAnswer>[] = [];
  const end = performance.now() + durationMs;
  const gapMs = () => (-Math.log(1 - random()) * 1000) / ratePerSecond;
  try {
    for (let dueAt = performance.now() + gapMs(); dueAt < end; dueAt += gapMs()) {
      // A timer counts whole milliseconds, and may be early by a part of one.
      for (let early = dueAt - performance.now(); early > 0; early = dueAt - performance.now()) await delay(early);
      const request = requests[sent.length % requests.length];
      if (!request) throw new Error('there is no request to send');
      const answer = sendOne(pool, request, dueAt);
      // Reported below, when all have been sent.
      answer.catch(() => {});
      sent.push(answer);
    }
    return await Promise.all(sent);
  } finally {
    pool.close();
  }
}

async function sendOne(pool: ConnectionPool, request: PreparedRequest, dueAt: number): Promise<OpenLoopAnswer> {
  const sentLateMs = performance.now() - dueAt;
  const answer = await pool.send(request.bytes);
  const latencyMs = performance.now() - dueAt;
  if (answer.status === 200) assertAnswered(request, answer);
  return { status: answer.status, latencyMs, sentLateMs };
}
