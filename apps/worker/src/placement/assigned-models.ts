import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue, messageOf, type ModelRef } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';

/** A decision is heard of at once; this is the safety net for word of one that got lost. */
const LOOK_EVERY_MS = 2_000;

/** Which versions this worker shall have in memory: all, or under a budget those that the coordinator assigned to it. */
@Injectable()
export class AssignedModels {
  /** Undefined until something was assigned to this worker. */
  private queues: ReadonlySet<string> | undefined;
  /** Versions that have come here by the registry's will, until something was assigned that names them. */
  private readonly kept = new Set<string>();
  private generation = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly cluster: Cluster,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Whether this worker has a budget. */
  get isLimited(): boolean {
    return this.config.placement.budgetBytes !== undefined;
  }

  /** While nothing was assigned to a worker with a budget it keeps what it has, which is nothing at its start. */
  wants(ref: ModelRef, isLoaded: boolean): boolean {
    const queue = inferenceQueue(ref);
    return !this.isLimited || this.kept.has(queue) || (this.queues?.has(queue) ?? isLoaded);
  }

  /** The coordinator is to leave a version here that it has not assigned, and to count it. */
  keep(ref: ModelRef): void {
    const queue = inferenceQueue(ref);
    if (this.isLimited && !this.queues?.has(queue)) this.kept.add(queue);
  }

  /** It was given up. */
  letGo(ref: ModelRef): void {
    this.kept.delete(inferenceQueue(ref));
  }

  isKept(queue: string): boolean {
    return this.kept.has(queue);
  }

  /** What was assigned, by queue. */
  get names(): readonly string[] {
    return [...(this.queues ?? [])];
  }

  /** @param onChange called when other versions were assigned to this worker */
  async start(onChange: () => void): Promise<void> {
    if (!this.isLimited) return;
    const look = () => void this.look(onChange);
    await this.cluster.watchAssignment(look);
    this.timer = this.clock.every(LOOK_EVERY_MS, look);
  }

  stop(): void {
    this.timer?.cancel();
  }

  private async look(onChange: () => void): Promise<void> {
    try {
      const assignment = await this.cluster.assignment();
      // Two looks may be answered in the wrong order.
      if (!assignment || assignment.generation <= this.generation) return;
      this.generation = assignment.generation;
      const mine = assignment.workers[this.identity.id];
      if (!mine) return;
      this.queues = new Set(mine);
      for (const queue of mine) this.kept.delete(queue);
      onChange();
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'assignment_unread');
    }
  }
}
