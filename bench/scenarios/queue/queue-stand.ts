import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedRedis } from '@sluice/embedded-redis';
import { PeerProcess } from '../../harness/peer-process.js';
import { cpuUse, readCpu, type CpuReading, type CpuUse } from '../../harness/process-cpu.js';
import { askRedis } from '../../harness/redis-command.js';
import type { BenchRun } from '../../harness/scenario.js';
import { temporaryFolder } from '../../harness/stage.js';
import type { ArrivedLoad, LoadCommand, SaturatedLoad } from './adder-load.js';
import type { QueueTerms } from './queue-side.js';
import type { SideName } from './sides.js';
import { argumentsOf } from './terms.js';

export interface StandOptions {
  readonly side: SideName;
  readonly keep: QueueTerms['keep'];
  /** Whether Redis keeps an append-only file, and syncs it every second, as `npm start` has it. */
  readonly isDurable: boolean;
}

export interface Saturation {
  readonly jobsPerSec: number;
  readonly cpu: CpuUse | undefined;
}

const ADDER_SCRIPT = new URL('./adder-main.js', import.meta.url);
const WORKER_SCRIPT = new URL('./worker-main.js', import.meta.url);
/** As many as keep both processes and Redis busy: more only wait. */
const IN_FLIGHT = 256;
const LEAD_SHARE = 1 / 8;
/** Longer than the pause between two prunes. */
const UNCHANGED_MS = 1_200;
/** By then some results have reached their age, and the number of keys changes all the time. */
const REST_TIMEOUT_MS = 20_000;

/** One side with all that it needs: a Redis of its own, a process that adds, a process that works. */
export class QueueStand {
  private constructor(
    private readonly redis: EmbeddedRedis,
    private readonly worker: PeerProcess,
    private readonly adder: PeerProcess,
  ) {}

  /** Ended by the bench's cleanups. */
  static async start(bench: BenchRun, { side, keep, isDurable }: StandOptions): Promise<QueueStand> {
    const redis = await EmbeddedRedis.start(bench.redis, isDurable ? { dataDir: temporaryFolder(bench) } : {});
    bench.cleanups.defer(() => redis.stop());
    const terms = argumentsOf({ redisUrl: redis.url, keep });
    const worker = await PeerProcess.start(bench, WORKER_SCRIPT, [side, ...terms]);
    const adder = await PeerProcess.start(bench, ADDER_SCRIPT, [side, ...terms]);
    return new QueueStand(redis, worker, adder);
  }

  get redisUrl(): URL {
    return new URL(this.redis.url);
  }

  /** As many jobs as it can do. */
  async saturate(ms: number): Promise<Saturation> {
    const before = this.cpu();
    const { jobsPerSec, jobs } = await this.ask<SaturatedLoad>({
      kind: 'saturate',
      inFlight: IN_FLIGHT,
      leadMs: ms * LEAD_SHARE,
      ms,
    });
    return { jobsPerSec, cpu: cpuUse(before, this.cpu(), jobs) };
  }

  /** Resolves when the worker has pruned what a saturation leaves: that goes on for seconds, and holds Redis. */
  async rest(): Promise<void> {
    const deadline = performance.now() + REST_TIMEOUT_MS;
    let before: string;
    let keys = '';
    do {
      before = keys;
      await delay(UNCHANGED_MS);
      keys = await askRedis(this.redisUrl, 'DBSIZE');
    } while (keys !== before && performance.now() < deadline);
  }

  /** Poisson arrivals. @returns the latency of each job, from when it should have been added */
  async arrive(ratePerSecond: number, ms: number, seed: number): Promise<readonly number[]> {
    const { latenciesMs } = await this.ask<ArrivedLoad>({ kind: 'arrive', ratePerSecond, ms, seed });
    return latenciesMs;
  }

  private ask<A>(command: LoadCommand): Promise<A> {
    return this.adder.ask<A>(command);
  }

  /** The adder does what an API does, and goes by its name. */
  private cpu(): CpuReading | undefined {
    return readCpu({ api: [this.adder.pid], worker: [this.worker.pid], redis: [this.redis.pid] });
  }
}
