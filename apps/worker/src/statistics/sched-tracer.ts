import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { activitySince, EventLoopGap, Logger, schedTrace, schedTraceLine, type Activity } from '@sluice/telemetry';
import { ModelHost } from '../lifecycle/model-host.js';
import { UpdateIntake } from '../update/update-intake.js';
import { LoadReader } from './load-reader.js';

/** SCHEDTRACE of one worker: a line of its own numbers every interval, on stderr. */
@Injectable()
export class SchedTracer {
  private gap: EventLoopGap | undefined;
  private timer: Timer | undefined;
  private startedAt = 0;
  /** When the interval that goes on began. */
  private before: Activity | undefined;
  private printing: Promise<void> | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly reader: LoadReader,
    private readonly queue: JobQueue,
    private readonly models: ModelHost,
    private readonly updates: UpdateIntake,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    const { schedTraceMs } = this.config;
    if (schedTraceMs === undefined || this.timer) return;
    this.gap = new EventLoopGap();
    this.startedAt = this.clock.now();
    this.timer = this.clock.every(schedTraceMs, () => {
      this.printing ??= this.print().finally(() => (this.printing = undefined));
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.gap?.stop();
    this.gap = undefined;
    await this.printing;
  }

  private async print(): Promise<void> {
    const load = this.reader.read(this.gap?.take() ?? 0);
    const interval = activitySince(this.before, load);
    this.before = load;
    try {
      const [shared, own] = await Promise.all([
        this.waiting(this.models.hostedModels().map(({ queue }) => queue)),
        this.waiting([this.updates.queue]),
      ]);
      const { loopGapMs } = load;
      const uptimeMs = this.clock.now() - this.startedAt;
      const trace = schedTrace([load], interval, { uptimeMs, shared, own, refused: undefined, loopGapMs });
      process.stderr.write(`${schedTraceLine(trace)}\n`);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'schedtrace_unprinted');
    }
  }

  /** Jobs that wait in each of the queues, by name. */
  private async waiting(queues: readonly string[]): Promise<number[]> {
    const heads = await this.queue.heads(queues);
    return queues.toSorted().map((name) => heads.find(({ queue }) => queue === name)?.waiting ?? 0);
  }
}
