import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster, type ModelAssignment, type ModelStatistics, type WorkerReport } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue, messageOf, sharedQueue, type ModelRef } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { decidePlacement, isSameAssignment } from './decide-placement.js';
import { DemandMeter, type Demand, type ModelTally } from './demand-meter.js';

const BEAT_MS = 2_000;
/** Two beats may be missed before another takes over. */
const TERM_MS = 3 * BEAT_MS;

/**
 * Decides which worker has which models in memory, on a slow beat, for all workers that have a budget. Each of them
 * offers itself; one is coordinator at a time.
 *
 * Modes: *following* (another leads, or nobody is known to), *leading*. A term begins with a look at what is asked for
 * and a decision about what waits; how much arrives is known from the second beat on. A decision that comes after its
 * term, because this process stood still, is refused by the cluster: whoever leads by then has seen more.
 */
@Injectable()
export class Coordinator {
  private term: { readonly fence: number; readonly demand: DemandMeter } | undefined;
  private timer: Timer | undefined;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** What is asked of each model, by its queue, as it looked last; undefined while another leads. */
  get demand(): ReadonlyMap<string, Demand> | undefined {
    return this.term?.demand.all();
  }

  start(): void {
    if (this.config.placement.budgetBytes === undefined) return;
    this.timer ??= this.clock.every(BEAT_MS, () => {
      this.beating ??= this.beat().finally(() => (this.beating = undefined));
    });
  }

  /** Nothing is decided after this resolves; another takes over with its next beat. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.beating;
    if (!this.term) return;
    try {
      await this.cluster.resign(this.identity.id);
      this.setTerm(undefined);
    } catch (error) {
      // Its term ends by itself.
      this.logger.warn({ reason: messageOf(error) }, 'resignation_failed');
    }
  }

  private async beat(): Promise<void> {
    try {
      const fence = await this.cluster.lead(this.identity.id, TERM_MS);
      this.setTerm(fence);
      if (this.term) await this.decide(this.term.fence, this.term.demand);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'placement_undecided');
    }
  }

  private setTerm(fence: number | undefined): void {
    if (this.term?.fence === fence) return;
    this.term = fence === undefined ? undefined : { fence, demand: new DemandMeter() };
    this.logger.info({ workerId: this.identity.id, fence }, this.term ? 'coordinator_began' : 'coordinator_ended');
  }

  private async decide(fence: number, demand: DemandMeter): Promise<void> {
    const [reports, loads, states, previous] = await Promise.all([
      this.cluster.workers(),
      this.cluster.loads(),
      this.cluster.modelStates(),
      this.cluster.assignment(),
    ]);
    const refs = refsOf(reports);
    demand.look(this.clock.now(), await this.tallies([...refs.values()]));
    const staying = new Set(reports.flatMap(({ id, state }) => (state === 'draining' ? [] : id)));
    const next = decidePlacement({
      now: this.queue.now(),
      workers: loads.flatMap(({ workerId, memory }) =>
        memory && staying.has(workerId) ? { id: workerId, memory } : [],
      ),
      demandFor: (queue) => demand.of(queue),
      isUnloaded: (queue) => states.get(refs.get(queue)?.model ?? '')?.state === 'unloaded',
      previous,
      minWorkers: this.config.placement.minWorkers,
    });
    if (!isSameAssignment(next, previous)) await this.assign(fence, next);
  }

  private async assign(fence: number, next: ModelAssignment): Promise<void> {
    const isDone = await this.cluster.assign(fence, next);
    const { generation, workers, noRoom } = next;
    if (isDone) this.logger.info({ fence, generation, workers, noRoom }, 'models_assigned');
    else this.logger.warn({ fence, generation }, 'assignment_refused');
  }

  private async tallies(refs: readonly ModelRef[]): Promise<Map<string, ModelTally>> {
    const [statistics, askedFor, queues] = await Promise.all([
      this.cluster.statistics(refs),
      this.cluster.askedFor(),
      this.queue.queues(),
    ]);
    const tallies = statistics.map(async (each) => {
      const shared = inferenceQueue(each.ref);
      const waiting = await this.waitingIn(queues.filter((queue) => sharedQueue(queue) === shared));
      return [shared, { ...doneBy(each), waiting, askedFor: askedFor.get(shared) ?? 0 }] as const;
    });
    return new Map(await Promise.all(tallies));
  }

  /** What waits in a paused queue waits for an operator. */
  private async waitingIn(queues: readonly string[]): Promise<number> {
    const counts = await Promise.all(queues.map((queue) => this.queue.counts(queue)));
    return counts.reduce((sum, { waiting, paused }) => sum + (paused ? 0 : waiting), 0);
  }
}

function refsOf(reports: readonly WorkerReport[]): Map<string, ModelRef> {
  const known = reports.flatMap(({ models }) => models);
  return new Map(known.map(({ model, version }) => [inferenceQueue({ model, version }), { model, version }]));
}

function doneBy({ batches, requests }: ModelStatistics): Pick<ModelTally, 'deviceMs' | 'requests'> {
  const ns = batches.reduce((sum, { compute_infer: compute }) => sum + compute.ns, 0);
  return { deviceMs: ns / 1e6, requests: requests.success.count };
}
