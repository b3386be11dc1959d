import { ConnectionPool } from '../../harness/load/connection-pool.js';
import { poissonArrivals, type PoissonOptions } from '../../harness/load/poisson.js';
import { assertAnswered, type PreparedRequest } from '../../harness/load/prepared-request.js';
import type { BenchRun } from '../../harness/scenario.js';
import type { Stage } from '../../harness/stage.js';

export interface SteadyAnswers {
  readonly latenciesMs: readonly number[];
  /** Requests that were refused, answered wrongly, or not at all. */
  readonly failed: number;
}

/** More than are ever in flight, but for a stall. */
const CONNECTIONS = 512;
const FAILURES_TOLD = 5;

/** Poisson arrivals for a long time: nothing is kept of a request but its latency. All are answered when it resolves. */
export async function steadyLoad(
  bench: BenchRun,
  stage: Stage,
  request: PreparedRequest,
  arrivals: PoissonOptions,
): Promise<SteadyAnswers> {
  const pool = await ConnectionPool.open(stage.port, CONNECTIONS);
  const latenciesMs: number[] = [];
  const inFlight = new Set<Promise<void>>();
  let failed = 0;
  const send = async (dueAt: number) => {
    try {
      assertAnswered(request, await pool.send(request.bytes));
      latenciesMs.push(performance.now() - dueAt);
    } catch (error) {
      if (++failed <= FAILURES_TOLD) bench.tell(`failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    await poissonArrivals(arrivals, (_, dueAt) => {
      const sent = send(dueAt).finally(() => inFlight.delete(sent));
      inFlight.add(sent);
    });
    await Promise.all(inFlight);
  } finally {
    pool.close();
  }
  return { latenciesMs, failed };
}
