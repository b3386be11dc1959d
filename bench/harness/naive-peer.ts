import { EmbeddedRedis } from '@sluice/embedded-redis';
import { PeerProcess } from './peer-process.js';
import { readCpu, type CpuReading } from './process-cpu.js';
import type { BenchRun } from './scenario.js';
import { temporaryFolder } from './stage.js';
import type { Target } from './target.js';

const API_SCRIPT = new URL('../peers/naive/api-main.js', import.meta.url);
const WORKER_SCRIPT = new URL('../peers/naive/worker-main.js', import.meta.url);

/** A Nest app with an @nestjs/bullmq processor: a process for the API, one for the worker, a Redis like ours. */
export class NaivePeer implements Target {
  private constructor(
    private readonly redis: EmbeddedRedis,
    private readonly worker: PeerProcess,
    private readonly api: PeerProcess,
  ) {}

  /** @param model path of the ONNX file that it serves, under whatever name it is asked for */
  static async start(bench: BenchRun, model: string): Promise<NaivePeer> {
    const redis = await EmbeddedRedis.start(bench.redis, { dataDir: temporaryFolder(bench) });
    bench.cleanups.defer(() => redis.stop());
    const worker = await PeerProcess.start(bench, WORKER_SCRIPT, [redis.url, model]);
    const api = await PeerProcess.start(bench, API_SCRIPT, [redis.url]);
    return new NaivePeer(redis, worker, api);
  }

  get port(): number {
    return this.api.port;
  }

  cpu(): CpuReading | undefined {
    return readCpu({ api: [this.api.pid], worker: [this.worker.pid], redis: [this.redis.pid] });
  }
}
