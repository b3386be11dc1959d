import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { messageOf, queueOwner } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { activitySince, EventLoopGap, Logger, schedTrace, schedTraceLine, type Activity } from '@sluice/telemetry';
import { ModelHost } from '../lifecycle/model-host.js';
import { Coordinator } from '../placement/coordinator.js';
import { Thief } from '../steal/thief.js';
import { UpdateIntake } from '../update/update-intake.js';
import { LoadReader } from './load-reader.js';
import { workerWords } from './worker-words.js';

/** SCHEDTRACE of one worker: a line of its own numbers every interval, on stderr. */
@Injectable()
export class SchedTracer {
  private gap: EventLoopGap | undefined;
  private timer: Timer | undefined;
  private startedAt = 0;
  /** When the interval that goes on began. */
  private before: Activity | undefined;
  private robbedBefore: ReadonlyMap<string, number> = new Map();
  private printing: Promise<void> | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly reader: LoadReader,
    private readonly queue: JobQueue,
    private readonly models: ModelHost,
    private readonly updates: UpdateIntake,
    private readonly thief: Thief,
    private readonly coordinator: Coordinator,
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
    const stole = this.takeStolen();
    try {
      const queues = [...this.models.hostedModels().flatMap((model) => model.queues), ...this.updates.queues];
      const [shared, own] = await Promise.all([
        this.waiting(queues.filter((queue) => queueOwner(queue) === undefined)),
        this.waiting(queues.filter((queue) => queueOwner(queue) !== undefined)),
      ]);
      const { loopGapMs } = load;
      const uptimeMs = this.clock.now() - this.startedAt;
      const trace = schedTrace([load], interval, { uptimeMs, shared, own, refused: undefined, loopGapMs });
      const { handOff, memory } = load;
      const words = workerWords({ stole, handOff, models: memory?.models, demand: this.coordinator.demand });
      process.stderr.write(`${[schedTraceLine(trace), ...words].join(' ')}\n`);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'schedtrace_unprinted');
    }
  }

  /** By owner, of the interval. */
  private takeStolen(): Map<string, number> {
    const now = new Map(this.thief.robbed);
    const taken = [...now].map(([owner, jobs]) => [owner, jobs - (this.robbedBefore.get(owner) ?? 0)] as const);
    this.robbedBefore = now;
    return new Map(taken.filter(([, jobs]) => jobs > 0));
  }

  /** Jobs that wait in each of the queues, by name. */
  private async waiting(queues: readonly string[]): Promise<number[]> {
    const heads = await this.queue.heads(queues);
    return queues.toSorted().map((name) => heads.find(({ queue }) => queue === name)?.waiting ?? 0);
  }
}
