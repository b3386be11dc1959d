import type { Provider } from '@nestjs/common';
import { InMemoryClusterHub, type Cluster } from '@sluice/cluster';
import { compileWorkerConfig, type WorkerConfig } from '@sluice/config';
import { MODEL_UPDATE_QUEUE, ownQueue, queueOwner, sharedQueue } from '@sluice/contracts';
import { InMemoryJobQueue, type JobQueue } from '@sluice/job-queue';
import { InMemoryRegistryHub, RolloutHub } from '@sluice/model-registry';
import { seededRandom } from '@sluice/onnx-writer';
import { SimulatedClock } from '@sluice/testing';
import type { Scenario } from './scenario.js';
import { DeviceWitness, queueOf, type WitnessedRun } from './witness/device-witness.js';
import { IdleDevices } from './witness/idle-devices.js';
import { Judgement } from './witness/judgement.js';
import { checkLateBinding } from './witness/late-binding.js';
import { LeaseBook } from './witness/lease-book.js';
import { PlacementWitness, type PlacementSeen } from './witness/placement-witness.js';
import { RecoveryCheck } from './witness/recovery-check.js';
import { SearchWatch, type SearchesSeen } from './witness/search-watch.js';
import { Trace } from './witness/trace.js';
import { TurnWatch } from './witness/turn-watch.js';
import { clientProcess } from './world/client-process.js';
import { askForProfiles } from './world/profile-requests.js';
import type { SimulatedRequest } from './world/request.js';
import type { Ended, SimulatedClient } from './world/simulated-client.js';
import { SimulatedFleet } from './world/simulated-fleet.js';
import type { SimulatedWorker } from './world/simulated-worker.js';

/** Parts of the system that are not its own: planted bugs. */
export interface Plants {
  readonly providers?: readonly Provider[];
  readonly queue?: (queue: JobQueue) => JobQueue;
  readonly cluster?: (cluster: Cluster) => Cluster;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What was seen. */
export interface Seen {
  readonly ended: readonly Ended[];
  readonly runs: readonly WitnessedRun[];
  readonly longestIdleMs: number;
  /** How long a worker was idle while there was something to steal. */
  readonly longestUnstolenMs: number;
  readonly searches: SearchesSeen;
  readonly placement: PlacementSeen;
  readonly virtualMs: number;
  readonly steps: number;
}

/** When the workers serve and the first request may be sent. */
export const OPENING_MS = 200;
/** Far beyond any run that goes as it should: models that take turns in the memory of one worker need 100 s. */
const AT_MOST_MS = 300_000;

/** One run of a scenario. */
export class Simulation {
  private readonly clock = new SimulatedClock();
  private readonly judgement = new Judgement(new Trace(this.clock));
  private readonly random: () => number;
  private readonly config: WorkerConfig;
  private readonly requests = new Map<number, SimulatedRequest>();
  private readonly queue: InMemoryJobQueue;
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly registryHub = new InMemoryRegistryHub(this.clock);
  private readonly rolloutHub = new RolloutHub();
  private readonly book: LeaseBook;
  private readonly devices: DeviceWitness;
  private readonly fleet: SimulatedFleet;
  private readonly workers: readonly SimulatedWorker[];
  private readonly client: SimulatedClient;
  private readonly searches: SearchWatch;
  private readonly idle: IdleDevices;
  private readonly placement: PlacementWitness;
  private readonly turns: TurnWatch;
  private readonly recovery: RecoveryCheck;
  private readonly running = new Set<string>();
  private planned = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly plants: Plants = {},
  ) {
    const { seed, clockJumps, settings } = scenario;
    this.random = seededRandom(seed);
    this.config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', ...settings, ...plants.settings });
    this.queue = new InMemoryJobQueue(this.config.queue, this.clock, 0);
    const now = () => this.clock.now();
    this.book = new LeaseBook(now, this.config.queue.leaseMs, this.judgement);
    const slackMs = Math.max(0, ...clockJumps.map(({ byMs }) => Math.abs(byMs)));
    this.devices = new DeviceWitness(
      scenario,
      this.requests,
      ({ number }) => this.book.find(this.client.jobIds.get(number) ?? ''),
      now,
      slackMs,
      this.judgement,
      { onStart: (run) => this.started(run), onEnd: ({ device }) => this.stopped(device) },
    );
    this.recovery = new RecoveryCheck(scenario, now, this.judgement);
    this.searches = new SearchWatch(
      {
        isUp: (name) => this.named(name)?.isUp ?? false,
        hasWork: (name) => this.hasWork(name),
        now,
        isBounded: scenario.freezes.length === 0,
      },
      this.judgement,
    );
    this.placement = new PlacementWitness(
      scenario,
      this.config,
      this.clock,
      this.book,
      () => this.workers,
      this.judgement,
    );
    const spoil = plants.queue ?? ((queue: JobQueue) => queue);
    this.fleet = new SimulatedFleet(
      scenario,
      {
        clock: this.clock,
        queue: this.queue,
        hub: this.hub,
        registryHub: this.registryHub,
        rolloutHub: this.rolloutHub,
        config: this.config,
        book: this.book,
        devices: this.devices,
        searches: this.searches,
        placement: this.placement,
        judgement: this.judgement,
        instead: plants.providers ?? [],
        spoil,
        spoilCluster: plants.cluster ?? ((cluster) => cluster),
      },
      {
        onDeath: ({ name }) => this.stopped(name),
        onTurn: () => this.recovery.disturbed(),
      },
    );
    this.workers = this.fleet.workers;
    this.client = clientProcess(scenario, {
      clock: this.clock,
      queue: this.queue,
      hub: this.hub,
      config: this.config,
      book: this.book,
      judgement: this.judgement,
      queueFor: (request) => this.queueFor(request),
      spoil,
      slackMs,
    });
    this.client.listen({
      onEnd: (ended) => this.ended(ended),
      onAsked: (request) => this.placement.asked(request),
      onRefused: (...what) => this.placement.refused(...what),
      onComesAgain: (request) => this.placement.comesAgain(request),
    });
    this.idle = new IdleDevices(
      scenario,
      { workers: this.workers, running: this.running, book: this.book, now, living: () => this.living() },
      this.judgement,
    );
    this.turns = new TurnWatch(this.workers, this.book, now, this.config.scheduling.raiseAfterMs, this.judgement);
    this.book.listen({
      onChange: () => this.looked(),
      onLeased: (job, token) => this.turns.leased(job, token),
    });
  }

  /** @throws Violation when an invariant does not hold */
  async run(): Promise<Seen> {
    this.plan();
    this.placement.start();
    await this.clock.settled(this.client.start());
    for (const worker of this.workers) worker.start();
    await this.until(() => this.clock.now() >= this.planned && this.client.ended.length === this.requests.size);
    // What its client has given up ends as well.
    await this.until(() => !this.hasOpenJobs());
    await this.until(this.settled(Promise.all(this.workers.map((worker) => worker.drain()))));
    return {
      ended: this.client.ended,
      runs: this.devices.runs,
      longestIdleMs: this.idle.longestIdleMs,
      longestUnstolenMs: this.idle.longestUnstolenMs,
      searches: this.searches.seen,
      placement: this.placement.seen,
      virtualMs: this.clock.now(),
      steps: this.clock.steps,
    };
  }

  /** Updates of a worker that is gone are gone with it. */
  private hasOpenJobs(): boolean {
    const living = this.living();
    return this.book
      .open()
      .some(({ queue }) => sharedQueue(queue) !== MODEL_UPDATE_QUEUE || living.has(queueOwner(queue)));
  }

  private living(): ReadonlySet<string | undefined> {
    return new Set(this.workers.map(({ holder }) => holder));
  }

  private async until(holds: () => boolean): Promise<void> {
    try {
      await this.clock.run(() => this.judgement.violation !== undefined || holds(), AT_MOST_MS);
    } catch (error) {
      this.judgement.violated('termination', String(error));
    }
    this.throwViolation();
  }

  private settled(promise: Promise<unknown>): () => boolean {
    let isSettled = false;
    promise.then(
      () => (isSettled = true),
      (error: unknown) => this.judgement.violated('termination', `a drain failed: ${String(error)}`),
    );
    return () => isSettled;
  }

  private throwViolation(): void {
    if (this.judgement.violation) throw this.judgement.violation;
  }

  private plan(): void {
    const { requests, crashes, freezes, drains, clockJumps, profilesPerWorker } = this.scenario;
    let number = 0;
    for (const { atMs, copies, ...arrival } of requests) {
      const sent = Array.from({ length: copies }, (): SimulatedRequest => ({ ...arrival, atMs, number: ++number }));
      for (const request of sent) this.requests.set(request.number, request);
      this.at(atMs, () => void this.client.send(sent));
    }
    for (const crash of crashes)
      if ('atMs' in crash.when) this.at(crash.when.atMs, () => this.workers[crash.worker]?.crash());
    for (const { worker, atMs, forMs, inCall } of freezes) {
      if (inCall !== undefined) this.at(atMs, () => this.workers[worker]?.freezeIn(inCall, forMs));
      else {
        this.at(atMs, () => this.workers[worker]?.freeze());
        this.at(atMs + forMs, () => this.workers[worker]?.thaw());
      }
    }
    for (const { worker, atMs } of drains) this.at(atMs, () => void this.replace(this.workers[worker]));
    for (const { worker, atMs, byMs } of clockJumps) this.at(atMs, () => this.fleet.skew(worker, byMs));
    if (profilesPerWorker > 0) this.at(0, () => void this.askForProfiles(profilesPerWorker));
  }

  private at(ms: number, call: () => void): void {
    this.planned = Math.max(this.planned, OPENING_MS + ms);
    this.clock.after(OPENING_MS + ms, () => {
      call();
      this.looked();
    });
  }

  private async replace(worker: SimulatedWorker | undefined): Promise<void> {
    await worker?.drain();
    worker?.start();
  }

  private askForProfiles(count: number): Promise<void> {
    const holders = this.workers.flatMap(({ holder }) => holder ?? []);
    return askForProfiles(this.book.around(this.queue, 'operator'), holders, count, this.random);
  }

  /** As the API does with an affinity key: an owner that has just died still gets what is addressed to it. */
  private queueFor(request: SimulatedRequest): string {
    const owner = request.owner === undefined ? undefined : this.workers[request.owner];
    const shared = queueOf(request);
    return owner ? ownQueue(shared, owner.lastHolder) : shared;
  }

  private ended(ended: Ended): void {
    this.recovery.ended(ended);
    this.placement.ended(ended.request);
  }

  private hasWork(name: string): boolean {
    return this.running.has(name) || (this.named(name)?.leasedNotStarted ?? 0) > 0;
  }

  private named(name: string): SimulatedWorker | undefined {
    return this.workers.find((each) => each.name === name);
  }

  private started(run: WitnessedRun): void {
    this.running.add(run.device);
    this.searches.started(run.device);
    this.looked();
  }

  private stopped(device: string): void {
    this.running.delete(device);
    this.searches.stopped(device);
    this.looked();
  }

  private looked(): void {
    this.idle.look();
    checkLateBinding(this.scenario, this.workers, this.judgement);
  }
}
