import { cpuUse, type CpuUse } from '../process-cpu.js';
import type { Target } from '../target.js';
import { ClosedLoop, type LoadSample } from './closed-loop.js';
import type { PreparedRequest } from './prepared-request.js';

export interface ClosedWindow extends LoadSample {
  readonly rps: number;
  readonly cpu: CpuUse | undefined;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Of the window: before it the load runs until it is even. */
const LEAD_SHARE = 1 / 8;

/**
 * One window of a target that takes turns with others: the load begins before it and ends after it. It goes on until there
 * are as many answers as clients, however long that takes: of less nothing can be said.
 *
 * @param requests one for each client
 * @throws Error at the first answer that is wrong, or missing
 */
export async function closedWindow(
  target: Target,
  requests: readonly PreparedRequest[],
  ms: number,
): Promise<ClosedWindow> {
  const load = new ClosedLoop(target.port, requests);
  await load.start();
  try {
    await load.window(ms * LEAD_SHARE);
    const from = Date.now();
    const before = target.cpu();
    const samples: LoadSample[] = [];
    for (let answers = 0; answers < requests.length; answers += samples.at(-1)?.latenciesMs.length ?? 0)
      samples.push(await load.window(ms));
    const after = target.cpu();
    const to = Date.now();
    const latenciesMs = samples.flatMap((sample) => sample.latenciesMs);
    const seconds = samples.reduce((sum, sample) => sum + sample.seconds, 0);
    const cpu = cpuUse(before, after, latenciesMs.length);
    return { latenciesMs, seconds, rps: latenciesMs.length / seconds, cpu, from, to };
  } finally {
    await load.stop();
  }
}
