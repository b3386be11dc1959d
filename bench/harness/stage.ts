import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedRedis } from '@sluice/embedded-redis';
import { LocalCluster, type ClusterProcess } from '@sluice/local-cluster';
import { HttpConnection } from './load/http-connection.js';
import { readEvents } from './log-events.js';
import { readCpu, type CpuReading } from './process-cpu.js';
import { readRedisTraffic } from './redis-traffic.js';
import type { BenchRun } from './scenario.js';

export interface StageOptions {
  /** Folder of the models. */
  readonly models: string;
  readonly workers?: number;
  /**
   * A worker measures a model that it sees for the first time, beside its inference. `first` (for one worker, and the
   * default there): the stage is ready when that is done. `off`: nobody measures; what runs cost is learnt from the load.
   */
  readonly profiles?: 'first' | 'off';
  /** Of all workers, or of each, by its number from 0. */
  readonly workerEnvironment?: Environment | ((index: number) => Environment);
  readonly apiEnvironment?: Environment;
}

type Environment = Readonly<Record<string, string>>;

const PROFILE_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** What is measured: a Redis that keeps its data as `sluice up` has it do, one API, and workers, all of our own. */
export class Stage {
  private constructor(
    private readonly redis: EmbeddedRedis,
    readonly cluster: LocalCluster,
  ) {}

  /** Resolves when all models are ready. Ended by the bench's cleanups. */
  static async start(bench: BenchRun, options: StageOptions): Promise<Stage> {
    const {
      models,
      workers = 1,
      profiles = workers === 1 ? 'first' : 'off',
      workerEnvironment = {},
      apiEnvironment = {},
    } = options;
    const dataDir = temporaryFolder(bench);
    const redis = await EmbeddedRedis.start(bench.redis, { dataDir });
    bench.cleanups.defer(() => redis.stop());
    const cluster = await LocalCluster.start({
      root: bench.root,
      redisUrl: redis.url,
      models,
      workers,
      workerEnvironment: (index) => ({
        SLUICE_PROFILE: profiles === 'off' ? 'off' : 'auto',
        ...(typeof workerEnvironment === 'function' ? workerEnvironment(index) : workerEnvironment),
      }),
      apiEnvironment,
    });
    bench.cleanups.defer(() => cluster.stop());
    if (profiles === 'first') await Promise.all(cluster.workers.map(untilProfiled));
    return new Stage(redis, cluster);
  }

  /** Of the API. */
  get port(): number {
    return Number(new URL(this.cluster.url()).port);
  }

  /** Under which its replies reach the API. @throws Error when it does not say */
  async apiId(): Promise<string> {
    const connection = await HttpConnection.open(this.port);
    const { status, body } = await connection.send(Buffer.from('GET /cluster HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'));
    connection.close();
    const text = body.toString('utf8');
    if (status !== 200) throw new Error(`GET /cluster answers ${status} ${text.slice(0, 300)}`);
    return (JSON.parse(text) as { readonly api: { readonly id: string } }).api.id;
  }

  get redisUrl(): URL {
    return new URL(this.redis.url);
  }

  get redisPid(): number {
    return this.redis.pid;
  }

  /** The first worker, which is the only one in most scenarios. */
  get worker(): ClusterProcess {
    const [worker] = this.cluster.workers;
    if (!worker) throw new Error('there is no worker');
    return worker;
  }

  /** Bytes that have gone into Redis and out of it, since it was started. */
  redisTraffic(): Promise<number> {
    return readRedisTraffic(this.redisUrl);
  }

  /** Of the API, the workers together, Redis, and this process. */
  cpu(): CpuReading | undefined {
    const { apis, workers } = this.cluster;
    const pids = (processes: typeof apis) => processes.flatMap(({ pid }) => pid ?? []);
    return readCpu({ api: pids(apis), worker: pids(workers), redis: [this.redis.pid] });
  }
}

/** @throws Error when it takes longer than half a minute */
async function untilProfiled(worker: ClusterProcess): Promise<void> {
  const deadline = performance.now() + PROFILE_TIMEOUT_MS;
  const count = (event: string) => readEvents(worker.log(), event).length;
  while (count('model_profiled') < count('model_ready')) {
    if (performance.now() > deadline) throw new Error(`${worker.name} has not measured its models:\n${worker.log()}`);
    await delay(POLL_MS);
  }
}

/** A folder that is gone when the bench is. */
export function temporaryFolder(bench: BenchRun): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  bench.cleanups.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
