import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { MemoryModel, ModelCost, WorkerLoad } from '../worker-load.js';
import type { ClusterKeys } from './keys.js';
import { parseJson } from './parse-json.js';

const count = z.number().nonnegative();
const modelCost = z
  .object({
    queue: z.string(),
    bucket: z.string(),
    maxRows: z.number().positive(),
    fixedMs: z.number(),
    perRowMs: z.number(),
    error: z.number().optional(),
    observations: count,
  })
  .transform(({ error, ...cost }): ModelCost => ({ ...cost, error }));
const memoryModel: z.ZodType<MemoryModel> = z.object({
  queue: z.string(),
  state: z.enum(['ready', 'loading', 'unloading', 'available', 'failed']),
  bytes: count,
  lastUsedAt: count,
  held: z.boolean(),
  kept: z.boolean().optional(),
  loadMs: count.optional(),
});
const logSums = z.object({ count, sum: z.number(), squares: count });
const arm = z.object({
  model: z.string(),
  version: z.string(),
  generation: count,
  answered: count,
  failed: count,
  latency: logSums,
  compute: logSums,
  rows: logSums,
});
const workerLoad: z.ZodType<WorkerLoad> = z.object({
  workerId: z.string(),
  at: z.number(),
  device: z.enum(['idle', 'running']),
  searching: z.boolean(),
  leasedNotStarted: count,
  classes: z.array(z.object({ name: z.string(), weight: z.number().positive(), deviceMs: count, busy: z.boolean() })),
  batches: count,
  rows: count,
  slices: count,
  expired: count,
  stolen: count,
  buffers: z.object({ outstanding: count, keptBytes: count }),
  handOff: z.array(z.string()),
  loopGapMs: count,
  update: z.object({ name: z.string(), progress: z.number() }).optional(),
  costs: z.array(modelCost),
  arms: z.array(arm).optional(),
  memory: z.object({ budgetBytes: count, models: z.array(memoryModel) }).optional(),
});

/** What the workers do: one key each, gone when its worker is not heard of. */
export class WorkerLoads {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
    private readonly presenceMs: number,
  ) {}

  async tell(load: WorkerLoad): Promise<void> {
    await this.redis.set(this.keys.load(load.workerId), JSON.stringify(load), 'PX', this.presenceMs);
  }

  async all(): Promise<WorkerLoad[]> {
    const ids = await this.redis.smembers(this.keys.workers);
    if (ids.length === 0) return [];
    const loads = await this.redis.mget(ids.map((id) => this.keys.load(id)));
    return loads.flatMap((load) => parseJson(workerLoad, load) ?? []);
  }
}
