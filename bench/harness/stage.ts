import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedRedis } from '@sluice/embedded-redis';
import { LocalCluster } from '@sluice/local-cluster';
import { readCpu, type CpuReading } from './process-cpu.js';
import { readRedisTraffic } from './redis-traffic.js';
import type { BenchRun } from './scenario.js';

export interface StageOptions {
  /** Folder of the models. */
  readonly models: string;
  readonly workers?: number;
  readonly workerEnvironment?: Readonly<Record<string, string>>;
}

/** What is measured: a Redis that keeps its data as `sluice up` has it do, one API, and workers, all of our own. */
export class Stage {
  private constructor(
    private readonly redis: EmbeddedRedis,
    readonly cluster: LocalCluster,
  ) {}

  /** Resolves when a model is ready. Ended by the bench's cleanups. */
  static async start(bench: BenchRun, { models, workers = 1, workerEnvironment = {} }: StageOptions): Promise<Stage> {
    const dataDir = temporaryFolder(bench);
    const redis = await EmbeddedRedis.start(bench.redis, { dataDir });
    bench.cleanups.defer(() => redis.stop());
    const cluster = await LocalCluster.start({
      root: bench.root,
      redisUrl: redis.url,
      models,
      workers,
      workerEnvironment: () => workerEnvironment,
    });
    bench.cleanups.defer(() => cluster.stop());
    return new Stage(redis, cluster);
  }

  /** Of the API. */
  get port(): number {
    return Number(new URL(this.cluster.url()).port);
  }

  /** Bytes that have gone into Redis and out of it, since it was started. */
  redisTraffic(): Promise<number> {
    return readRedisTraffic(new URL(this.redis.url));
  }

  /** Of the API, the workers together, Redis, and this process. */
  cpu(): CpuReading | undefined {
    const { apis, workers } = this.cluster;
    const pids = (processes: typeof apis) => processes.flatMap(({ pid }) => pid ?? []);
    return readCpu({ api: pids(apis), worker: pids(workers), redis: [this.redis.pid] });
  }
}

/** A folder that is gone when the bench is. */
export function temporaryFolder(bench: BenchRun): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  bench.cleanups.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
