import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { ModelRegistry } from '@sluice/model-registry';
import { Logger } from '@sluice/telemetry';
import { DeviceLoop } from '../execute/device-loop.js';
import { Lanes } from '../execute/lanes.js';
import { HandOff } from '../hand-off/hand-off.js';
import { StallWatch } from '../hand-off/stall-watch.js';
import { LeaseKeeper } from '../lease/lease-keeper.js';
import { Sweeper } from '../lease/sweeper.js';
import { Feed } from '../pull/feed.js';
import { Coordinator } from '../placement/coordinator.js';
import { RolloutController } from '../rollout/rollout-controller.js';
import { LoadTeller } from '../statistics/load-teller.js';
import { SchedTracer } from '../statistics/sched-tracer.js';
import { StatisticsPublisher } from '../statistics/statistics-publisher.js';
import { IntroductionBoard } from '../update/introduction-board.js';
import { ProfileRequests } from '../update/profile-requests.js';
import { UpdateIntake } from '../update/update-intake.js';
import { UpdateLane } from '../update/update-lane.js';
import { HardExit } from './hard-exit.js';
import { ModelHost } from './model-host.js';
import { ModelReconciler } from './model-reconciler.js';
import { WorkerIdentity } from './worker-identity.js';

/**
 * The life of a worker: *starting* (models load, those that are ready already serve), *serving*, *draining* (nothing
 * more is leased, what has not started goes back, what runs is finished and answered), gone.
 */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private state: WorkerReport['state'] = 'starting';
  private drained: Promise<void> | undefined;

  constructor(
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly registry: ModelRegistry,
    private readonly models: ModelHost,
    private readonly reconciler: ModelReconciler,
    private readonly leases: LeaseKeeper,
    private readonly sweeper: Sweeper,
    private readonly lanes: Lanes,
    private readonly updates: UpdateLane,
    private readonly updateIntake: UpdateIntake,
    private readonly introductions: IntroductionBoard,
    private readonly profiles: ProfileRequests,
    private readonly feed: Feed,
    private readonly handOff: HandOff,
    private readonly stalls: StallWatch,
    private readonly device: DeviceLoop,
    private readonly statistics: StatisticsPublisher,
    private readonly load: LoadTeller,
    private readonly coordinator: Coordinator,
    private readonly rollouts: RolloutController,
    private readonly tracer: SchedTracer,
    private readonly exit: HardExit,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { id } = this.identity;
    await Promise.all([this.queue.start(), this.cluster.start(), this.registry.start()]);
    await this.cluster.join(this.report());
    this.logger.info({ workerId: id, device: this.config.engine.device }, 'worker_joined');
    this.leases.start((lost) => this.forget(lost));
    this.sweeper.start();
    this.statistics.start();
    this.load.start();
    this.coordinator.start();
    this.tracer.start();
    this.lanes.tell({
      onTaken: () => this.feed.lookAgain(),
      onChange: () => this.device.notify(),
      onEngineGone: (error) => this.giveUp(error),
    });
    this.updates.start(() => {
      this.device.notify();
      this.feed.lookAgain();
    });
    this.device.start(
      [...this.lanes.inference, this.updates],
      (error) => this.giveUp(error),
      () => this.feed.lookAgain(),
    );
    this.handOff.start({
      onOver: () => this.feed.lookAgain(),
      stopLeasing: () => this.feed.stopListening(),
      tell: () => this.load.tellNow(),
    });
    this.stalls.start((reason) => this.giveUp(reason));
    this.feed.start();
    this.models.start(() => this.modelsChanged());
    this.introductions.start(() => this.tell());
    await this.rollouts.start();
    await this.reconciler.start(() => this.modelsChanged());
    if (this.state === 'starting') this.state = 'serving';
    await this.cluster.update(this.report());
    this.logger.info({ workerId: id, models: this.models.hostedModels().length }, 'worker_serving');
  }

  onApplicationShutdown(): Promise<void> {
    this.drained ??= this.drain();
    return this.drained;
  }

  private async drain(): Promise<void> {
    this.state = 'draining';
    const deadline = this.clock.after(this.config.drainMs, () => this.giveUp(new Error('the drain took too long')));
    this.reconciler.stop();
    await Promise.all([this.coordinator.stop(), this.rollouts.stop()]);
    this.stalls.stop();
    await this.cluster.update(this.report());
    this.updateIntake.stop();
    await this.feed.stop();
    const unstarted = [...this.lanes.forget(), ...this.updates.giveUp()];
    await this.queue.release(unstarted);
    this.leases.drop(unstarted);
    await this.device.stop();
    this.leases.stop();
    await this.sweeper.stop();
    await this.reconciler.settled();
    await this.updateIntake.discard();
    await Promise.all([this.statistics.stop(), this.load.stop(), this.tracer.stop()]);
    await this.cluster.stop();
    await this.registry.stop();
    await this.queue.stop();
    await this.models.close();
    deadline.cancel();
    this.logger.info({ workerId: this.identity.id, held: this.leases.size }, 'worker_drained');
  }

  private forget(lost: ReadonlySet<string>): void {
    this.lanes.forget(lost);
    this.updates.giveUp(lost);
  }

  private modelsChanged(): void {
    this.feed.lookAgain();
    void this.profiles.look();
    this.tell();
  }

  private tell(): void {
    this.cluster.update(this.report()).catch((error: unknown) => {
      this.logger.warn({ reason: messageOf(error) }, 'report_failed');
    });
  }

  private giveUp(error: unknown): void {
    this.logger.fatal({ workerId: this.identity.id, reason: messageOf(error) }, 'worker_gives_up');
    this.exit.now();
  }

  private report(): WorkerReport {
    const { id, host, pid, startedAt } = this.identity;
    return {
      id,
      host,
      pid,
      device: this.config.engine.device,
      state: this.state,
      startedAt,
      models: this.models.report(),
      applied: this.reconciler.applied,
      introductions: this.introductions.all(),
    };
  }
}
