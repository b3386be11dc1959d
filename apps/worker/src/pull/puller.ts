import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { decodeRequest, messageOf, modelOfQueue, queueOwner, type ErrorBody, type ModelRef } from '@sluice/contracts';
import { JobQueue, type LeasedJob } from '@sluice/job-queue';
import { afterDeath, runningAverage, spareRows } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { adoptRequest } from '../buffer/adopt-request.js';
import { stageJob, type StagedJob } from '../buffer/staged-job.js';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { Settler } from '../settle/settler.js';
import { StatisticsCollector } from '../statistics/statistics-collector.js';

/** Leases jobs and makes requests of them. What cannot become one is ended here, with its reason. */
@Injectable()
export class Puller {
  private averageMs: number | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly models: ModelHost,
    private readonly leases: LeaseKeeper,
    private readonly settler: Settler,
    private readonly identity: WorkerIdentity,
    private readonly statistics: StatisticsCollector,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** How long it takes to lease a batch, of late. */
  get leasingMs(): number {
    return this.averageMs ?? 0;
  }

  /** Jobs of one queue, ready to be batched; undefined when none waits there. */
  async pull(queue: string, room: number | 'all', part: 'fair' | 'half' = 'fair'): Promise<StagedJob[] | undefined> {
    const model = this.models.byQueue(queue);
    if (!model) return undefined;
    // A model that is taken out of service meanwhile runs what was leased for it.
    model.holds.take();
    try {
      return await this.leaseFrom(queue, model, room, part);
    } finally {
      model.holds.drop();
    }
  }

  private async leaseFrom(
    queue: string,
    model: HostedModel,
    room: number | 'all',
    part: 'fair' | 'half',
  ): Promise<StagedJob[] | undefined> {
    const startedAt = this.clock.now();
    const max = room === 'all' ? model.costs.maxRows : room;
    const spare = spareRows(model.costs.usual, this.leasingMs);
    const { jobs, dropped } = await this.queue.lease(queue, { holder: this.identity.id, max, spare, part });
    if (jobs.length + dropped.length === 0) return undefined;
    const leasedAt = this.queue.now();
    const leases = jobs.map(({ lease }) => lease);
    this.leases.hold(leases);
    if (jobs.length === max && part === 'fair' && queueOwner(queue) !== undefined) this.offer(queue);
    this.averageMs = runningAverage(this.averageMs, this.clock.now() - startedAt);
    try {
      this.statistics.failed(modelOfQueue(queue), dropped.length);
      this.settler.noteDropped(dropped);
      const staged = (await Promise.all(jobs.map((job) => this.stage(job, model, leasedAt)))).flatMap(
        (job) => job ?? [],
      );
      for (const job of staged) job.model.holds.take();
      return staged;
    } catch (error) {
      // None of them is going to be run here: they lapse, and run elsewhere.
      this.leases.drop(leases);
      throw error;
    }
  }

  /** More than a batch was there: what is left waits for longer than a run, unless others take some. */
  offer(queue: string): void {
    this.queue.offer(queue).catch((error: unknown) => {
      this.logger.warn({ queue, reason: messageOf(error) }, 'offer_failed');
    });
  }

  private async stage(leased: LeasedJob, model: HostedModel, leasedAt: number): Promise<StagedJob | undefined> {
    const { deaths } = leased;
    if (afterDeath(deaths) === 'poisoned') {
      const message = `the worker died ${deaths.alone} times while it ran nothing but this request`;
      await this.refuse(leased, model.ref, { code: 'poisoned', message });
      return undefined;
    }
    try {
      const request = decodeRequest(leased.payload);
      const inherited = request.version === model.ref.version ? request : adoptRequest(request, model);
      if (!('code' in inherited)) return stageJob(leased, inherited, model, leasedAt, this.clock.now());
      await this.refuse(leased, request, inherited);
      return undefined;
    } catch (error) {
      const message = `the job holds no inference request: ${messageOf(error)}`;
      await this.refuse(leased, model.ref, { code: 'invalid_request', message });
      return undefined;
    }
  }

  private async refuse(leased: LeasedJob, { model, version }: ModelRef, error: ErrorBody): Promise<void> {
    const [settled] = await this.settler.settle([[leased, { ok: false, error }]]);
    if (settled === 'settled') this.statistics.failed({ model, version }, 1);
  }
}
