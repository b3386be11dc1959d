import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedRedis } from '@sluice/embedded-redis';
import { LocalCluster } from '@sluice/local-cluster';
import { HttpConnection } from '../../harness/load/http-connection.js';
import { PeerProcess } from '../../harness/peer-process.js';
import { readCpu, type CpuReading } from '../../harness/process-cpu.js';
import type { BenchRun } from '../../harness/scenario.js';
import { temporaryFolder } from '../../harness/stage.js';
import type { Target } from '../../harness/target.js';
import type { GcUse } from './gc-meter.js';

export interface MemoryStandOptions {
  readonly buffers: 'pooled' | 'plain';
  /** Folder of the models. */
  readonly models: string;
  readonly model: string;
}

const WORKER_SCRIPT = new URL('./worker-main.js', import.meta.url);
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** A Redis, an API as it is, and one worker with the one or the other buffers. */
export class MemoryStand implements Target {
  private constructor(
    private readonly redis: EmbeddedRedis,
    private readonly cluster: LocalCluster,
    private readonly worker: PeerProcess,
  ) {}

  /** Resolves when the model is ready. Ended by the bench's cleanups. */
  static async start(bench: BenchRun, { buffers, models, model }: MemoryStandOptions): Promise<MemoryStand> {
    const redis = await EmbeddedRedis.start(bench.redis, { dataDir: temporaryFolder(bench) });
    bench.cleanups.defer(() => redis.stop());
    const cluster = await LocalCluster.start({ root: bench.root, redisUrl: redis.url, models, workers: 0 });
    bench.cleanups.defer(() => cluster.stop());
    const worker = await PeerProcess.start(bench, WORKER_SCRIPT, [buffers, redis.url, models]);
    const stand = new MemoryStand(redis, cluster, worker);
    await cluster.ready();
    await stand.untilReady(model);
    return stand;
  }

  /** Of the API. */
  get port(): number {
    return Number(new URL(this.cluster.url()).port);
  }

  /** Since it was asked last. */
  garbage(): Promise<GcUse> {
    return this.worker.ask<GcUse>({ kind: 'garbage' });
  }

  cpu(): CpuReading | undefined {
    const api = this.cluster.apis.flatMap(({ pid }) => pid ?? []);
    return readCpu({ api, worker: [this.worker.pid], redis: [this.redis.pid] });
  }

  /** @throws Error when it takes longer than half a minute */
  private async untilReady(model: string): Promise<void> {
    const request = Buffer.from(`GET /v2/models/${model}/ready HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    const deadline = performance.now() + READY_TIMEOUT_MS;
    const connection = await HttpConnection.open(this.port);
    try {
      while ((await connection.send(request)).status !== 200) {
        if (performance.now() > deadline) throw new Error(`the model ${model} was not ready in time`);
        await delay(POLL_MS);
      }
    } finally {
      connection.close();
    }
  }
}
