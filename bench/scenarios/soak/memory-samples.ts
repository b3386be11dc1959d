import { readRss } from '../../harness/process-memory.js';
import { askRedis } from '../../harness/redis-command.js';
import type { BenchRun } from '../../harness/scenario.js';
import type { Stage } from '../../harness/stage.js';
import { fitLine } from '../../harness/statistics.js';

interface Sample {
  /** Since the first one. */
  readonly hours: number;
  readonly rssMb: readonly number[];
  readonly redisMb: number;
  readonly keys: number;
}

/** How a quantity went. */
export interface Course {
  readonly first: number;
  readonly half: number;
  readonly last: number;
  /** Of the line through the second half: before that, caches and compiled code may still grow. */
  readonly perHour: number;
  /** Its standard error. */
  readonly perHourError: number;
}

/** Of the second half. Their means make the line: what neighbouring looks share (a garbage heap) is no second witness. */
const STRETCHES = 12;

const MEGABYTE = 1024 * 1024;
const HOUR_MS = 3_600_000;

/** Looks, again and again, at the memory of all processes of a stage, and at what its Redis holds. */
export class MemorySamples {
  readonly names: readonly string[];
  private readonly pids: readonly number[];
  private readonly samples: Sample[] = [];
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<unknown> | undefined;
  private failure: unknown;

  constructor(
    bench: BenchRun,
    private readonly stage: Stage,
    everyMs: number,
  ) {
    const { apis, workers } = stage.cluster;
    const named = [...apis, ...workers].map(({ name, pid = 0 }) => [name.replace('-', ''), pid] as const);
    this.names = [...named.map(([name]) => name), 'redis'];
    this.pids = [...named.map(([, pid]) => pid), stage.redisPid];
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        .catch((error: unknown) => (this.failure ??= error))
        .finally(() => (this.looking = undefined));
    }, everyMs);
    bench.cleanups.defer(() => clearInterval(this.timer));
  }

  /** @throws Error when a look failed: a process is gone */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    if (this.failure !== undefined) throw new Error('memory could not be read', { cause: this.failure });
  }

  /** Of the process of that name, in MB. */
  rss(name: string): Course {
    const index = this.names.indexOf(name);
    return this.course(({ rssMb }) => rssMb[index] ?? Number.NaN);
  }

  /** What Redis itself says it uses, in MB. */
  redis(): Course {
    return this.course(({ redisMb }) => redisMb);
  }

  keys(): Course {
    return this.course(({ keys }) => keys);
  }

  private course(of: (sample: Sample) => number): Course {
    const half = Math.floor(this.samples.length / 2);
    const second = this.samples.slice(half).map((sample) => ({ x: sample.hours, y: of(sample) }));
    const length = Math.ceil(second.length / STRETCHES);
    const stretches = Array.from({ length: Math.ceil(second.length / length) }, (_, index) =>
      centre(second.slice(index * length, (index + 1) * length)),
    );
    const { slope, error } = fitLine(stretches);
    const value = (sample: Sample | undefined) => (sample ? of(sample) : Number.NaN);
    return {
      first: value(this.samples.at(0)),
      half: value(this.samples.at(half)),
      last: value(this.samples.at(-1)),
      perHour: slope,
      perHourError: error,
    };
  }

  private async look(): Promise<void> {
    const hours = (performance.now() - this.startedAt) / HOUR_MS;
    const [rss, memory, size] = await Promise.all([
      readRss(this.pids),
      askRedis(this.stage.redisUrl, 'INFO', 'memory'),
      askRedis(this.stage.redisUrl, 'DBSIZE'),
    ]);
    this.samples.push({
      hours,
      rssMb: rss.map((bytes) => bytes / MEGABYTE),
      redisMb: Number(/used_memory:(\d+)/.exec(memory)?.[1]) / MEGABYTE,
      keys: Number(/^:(\d+)/.exec(size)?.[1]),
    });
  }
}

function centre(points: readonly { readonly x: number; readonly y: number }[]): { x: number; y: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { x: mean(points.map(({ x }) => x)), y: mean(points.map(({ y }) => y)) };
}
