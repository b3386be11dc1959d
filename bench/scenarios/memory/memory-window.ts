import { seededRandom } from '@sluice/onnx-writer';
import { openLoop } from '../../harness/load/open-loop.js';
import type { PreparedRequest } from '../../harness/load/prepared-request.js';
import { cpuUse, type CpuUse } from '../../harness/process-cpu.js';
import { percentile } from '../../harness/statistics.js';
import type { MemoryStand } from './memory-stand.js';

export interface MemoryLoad {
  readonly requests: readonly PreparedRequest[];
  readonly ratePerSecond: number;
  readonly ms: number;
  /** With the same one the same arrivals. */
  readonly seed: number;
}

export interface MemoryWindow {
  readonly gcMsPer10k: number;
  readonly collectionsPer10k: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuUse | undefined;
}

const CONNECTIONS = 512;
/** Before each window: the turn of the other side is over, and its garbage is not this one's. */
const LEAD_SHARE = 1 / 8;
const UNIT = 10_000;

/** Poisson arrivals at one worker. @throws Error when a request is refused, or its answer is wrong */
export async function memoryWindow(
  side: MemoryStand,
  { requests, ratePerSecond, ms, seed }: MemoryLoad,
): Promise<MemoryWindow> {
  const load = { port: side.port, requests, connections: CONNECTIONS, ratePerSecond };
  await openLoop({ ...load, durationMs: ms * LEAD_SHARE, random: seededRandom(seed) });
  await side.garbage();
  const before = side.cpu();
  const answers = await openLoop({ ...load, durationMs: ms, random: seededRandom(seed) });
  const cpu = cpuUse(before, side.cpu(), answers.length);
  const garbage = await side.garbage();
  const refused = answers.find(({ status }) => status !== 200);
  if (refused) throw new Error(`a request was refused with ${refused.status}: the machine does less than it did`);
  const latenciesMs = answers.map(({ latencyMs }) => latencyMs);
  return {
    gcMsPer10k: (garbage.ms * UNIT) / answers.length,
    collectionsPer10k: (garbage.collections * UNIT) / answers.length,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    cpu,
  };
}
