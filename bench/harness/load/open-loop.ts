import { ConnectionPool } from './connection-pool.js';
import { poissonArrivals, type PoissonOptions } from './poisson.js';
import { assertAnswered, type PreparedRequest } from './prepared-request.js';

export interface OpenLoopOptions extends PoissonOptions {
  readonly port: number;
  /** In turn. */
  readonly requests: readonly PreparedRequest[];
  /** Most requests in flight; what comes when so many are waits, and its latency counts. */
  readonly connections: number;
}

export interface OpenLoopAnswer {
  readonly status: number;
  /** When the request should have been sent, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** From then on, so that what delays the sender is not left out. */
  readonly latencyMs: number;
  /** What part of it is this client's own timer, about 1 ms. */
  readonly sentLateMs: number;
}

/**
 * Poisson arrivals: as users come, without regard to how long others wait. All requests are answered when this resolves.
 *
 * @throws Error when an answer is missing, or wrong; a refusal (any status but 200) is an answer
 */
export async function openLoop({
  port,
  requests,
  connections,
  ...arrivals
}: OpenLoopOptions): Promise<OpenLoopAnswer[]> {
  const pool = await ConnectionPool.open(port, connections);
  const sent: Promise<OpenLoopAnswer>[] = [];
  try {
    await poissonArrivals(arrivals, (index, dueAt) => {
      const request = requests[index % requests.length];
      if (!request) throw new Error('there is no request to send');
      const answer = sendOne(pool, request, dueAt);
      // Reported below, when all have been sent.
      answer.catch(() => {});
      sent.push(answer);
    });
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
  return { status: answer.status, dueAt: performance.timeOrigin + dueAt, latencyMs, sentLateMs };
}
