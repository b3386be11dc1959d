import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { ApiConfig } from '@sluice/config';
import { messageOf, queueOwner } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { activitySince, EventLoopGap, Logger, schedTraceLine, type Activity } from '@sluice/telemetry';
import { LoadWatch } from '../admission/load-watch.js';
import { Refusals } from '../http/refusals.js';
import { ApiIdentity } from '../jobs/api-identity.js';
import { clusterReport, type ClusterReport, type Interval, type QueueView } from './cluster-report.js';

const INTERVAL_MS = 1_000;

/** Looks at the whole cluster: counts by interval, tells how it stands when asked, and prints that as SCHEDTRACE. */
@Injectable()
export class ClusterWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly gap = new EventLoopGap();
  private readonly startedAt = performance.now();
  private readonly intervalMs: number;
  private interval: Interval;
  /** What each worker had done when the interval that goes on began; undefined: nobody has looked yet. */
  private before: ReadonlyMap<string, Activity> | undefined;
  private refusedBefore = 0;
  private timer: NodeJS.Timeout | undefined;
  private printing: Promise<void> | undefined;

  constructor(
    private readonly config: ApiConfig,
    private readonly identity: ApiIdentity,
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly loads: LoadWatch,
    private readonly refusals: Refusals,
    private readonly logger: Logger,
  ) {
    this.intervalMs = config.schedTraceMs ?? INTERVAL_MS;
    this.interval = { ms: this.intervalMs, activities: new Map(), refused: 0, loopGapMs: 0 };
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.endInterval();
      if (this.config.schedTraceMs !== undefined)
        this.printing ??= this.print().finally(() => (this.printing = undefined));
    }, this.intervalMs);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.gap.stop();
    await this.printing;
  }

  async report(): Promise<ClusterReport> {
    const [workers, queues, assignment] = await Promise.all([
      this.cluster.workers(),
      this.queues(),
      this.cluster.assignment(),
    ]);
    return clusterReport({
      at: this.queue.now(),
      uptimeMs: performance.now() - this.startedAt,
      apiId: this.identity.id,
      workers: workers.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
      loads: this.loads.loads,
      interval: this.interval,
      queues,
      assignment,
      refusals: this.refusals.byCode(),
    });
  }

  private endInterval(): void {
    const { before } = this;
    const now = new Map<string, Activity>(this.loads.loads.map((load) => [load.workerId, load]));
    const { total } = this.refusals;
    this.interval = {
      ms: this.intervalMs,
      // What was done before anybody looked is not of this interval.
      activities: new Map(before && [...now].map(([id, activity]) => [id, activitySince(before.get(id), activity)])),
      refused: total - this.refusedBefore,
      loopGapMs: this.gap.take(),
    };
    this.before = now;
    this.refusedBefore = total;
  }

  private async queues(): Promise<QueueView[]> {
    const names = (await this.queue.queues()).toSorted();
    return Promise.all(
      names.map(async (name) => {
        const { waiting, active, paused } = await this.queue.counts(name);
        return { name, owner: queueOwner(name), waiting, active, paused };
      }),
    );
  }

  private async print(): Promise<void> {
    try {
      process.stderr.write(`${schedTraceLine((await this.report()).summary)}\n`);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'schedtrace_unprinted');
    }
  }
}
