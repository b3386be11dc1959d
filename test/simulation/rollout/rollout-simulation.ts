import { InMemoryCluster, InMemoryClusterHub, type WorkerReport } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import type { Rollout } from '@sluice/contracts';
import { InMemoryJobQueue } from '@sluice/job-queue';
import {
  InMemoryModelRegistry,
  InMemoryRegistryHub,
  InMemoryRolloutBook,
  RolloutHub,
  unregistered,
} from '@sluice/model-registry';
import { seededRandom } from '@sluice/onnx-writer';
import { instructed, newRollout } from '@sluice/scheduling';
import { SimulatedClock } from '@sluice/testing';
import { Judgement } from '../witness/judgement.js';
import { Trace } from '../witness/trace.js';
import type { Invariant } from '../witness/violation.js';
import { NO_FAULTS } from '../world/fault-layer.js';
import { RolledWorker, type RolledWorld, type RolloutPlants } from './rolled-worker.js';
import type { RolloutScenario } from './rollout-scenario.js';
import { UnpinnedClient, type Answer } from './unpinned-client.js';
import { MODEL, versionFile, versionStore } from './versions.js';

const OPENING_MS = 3_000;
/** After the last fault, and after the end of the rollout. */
const AGREE_WITHIN_MS = 10_000;
/** A lease that its holder never heard of lapses first. */
const ANSWER_WITHIN_MS = 60_000;
/** All steps of a canary that sees no breach, and every worker gone for a while. */
const AT_MOST_MS = 240_000;
const ID = 'r1';

export interface RolloutSeen {
  readonly rollout: Rollout;
  readonly answers: readonly Answer[];
  readonly tookMs: number;
}

/** One rollout under load, in virtual time. */
export class RolloutSimulation {
  private readonly clock = new SimulatedClock();
  private readonly judgement = new Judgement(new Trace(this.clock));
  private readonly hub = new InMemoryClusterHub(this.clock);
  private readonly registryHub = new InMemoryRegistryHub(this.clock);
  private readonly rolloutHub = new RolloutHub();
  private readonly workers: readonly RolledWorker[];
  private readonly client: UnpinnedClient;
  private readonly registry = new InMemoryModelRegistry(this.registryHub, this.clock, 'operator');
  private readonly book = new InMemoryRolloutBook(this.rolloutHub, this.clock);
  private readonly cluster: InMemoryCluster;
  private quietFrom = 0;

  constructor(
    private readonly scenario: RolloutScenario,
    plants: RolloutPlants = {},
  ) {
    const { seed, lostReply, resend } = scenario;
    const config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent' });
    this.cluster = new InMemoryCluster(this.hub, this.clock, config.presenceMs);
    const world: RolledWorld = {
      clock: this.clock,
      queue: new InMemoryJobQueue(config.queue, this.clock, 0),
      hub: this.hub,
      registryHub: this.registryHub,
      rolloutHub: this.rolloutHub,
      store: versionStore(),
      readModel: (path) => versionFile(path, scenario),
      rates: { ...NO_FAULTS, lostReply, resend },
      random: seededRandom(seed),
      plants,
      note: (who, what, fields) => this.judgement.trace.note(who, what, fields),
    };
    this.workers = Array.from({ length: scenario.workers }, (_, index) => new RolledWorker(`w${index + 1}`, world));
    this.client = new UnpinnedClient(world);
  }

  /** @throws Violation when an invariant does not hold */
  async run(): Promise<RolloutSeen> {
    await this.clock.settled(
      this.registry.change(unregistered(MODEL), { kind: 'serve', version: '1' }, { by: 'test' }),
    );
    for (const worker of this.workers) worker.start();
    await this.clock.settled(this.client.start());
    await this.clock.run(OPENING_MS);
    await this.clock.settled(this.book.create(this.ordered()));
    this.plan();
    await this.until(() => this.rollout().endedAt !== undefined, AT_MOST_MS, 'the rollout ends');
    const { endedAt = 0 } = this.rollout();
    await this.until(() => this.clock.now() >= this.quietFrom, AT_MOST_MS, 'time goes on');
    await this.agree();
    const agreedAt = this.clock.now();
    await this.until(() => this.clock.now() >= agreedAt + 1_000, 2_000, 'time goes on');
    this.client.finish();
    await this.until(() => this.client.isDone, ANSWER_WITHIN_MS, 'every request is answered', 'one answer');
    this.checkAnswers(agreedAt);
    return { rollout: this.rollout(), answers: this.client.answers, tookMs: endedAt - OPENING_MS };
  }

  private ordered(): Rollout {
    const strategy = {
      canaryPercent: 20,
      steps: [50],
      minSamples: 40,
      maxStepMs: 8_000,
      maxErrorRate: 0.05,
      maxLatencyRatio: 2,
      allowSignatureChange: false,
      minServing: 1,
    };
    const order = { id: ID, model: MODEL, version: '2', from: '1', strategy, by: 'test' };
    return newRollout(order, this.clock.now());
  }

  private plan(): void {
    const { crashes, freezes, instruction } = this.scenario;
    for (const { worker, atMs, restartAfterMs } of crashes) {
      this.clock.after(atMs, () => this.workers[worker]?.crash());
      this.clock.after(atMs + restartAfterMs, () => this.workers[worker]?.start());
      this.quietFrom = Math.max(this.quietFrom, this.clock.now() + atMs + restartAfterMs);
    }
    for (const { worker, atMs, forMs } of freezes) {
      this.clock.after(atMs, () => this.workers[worker]?.freeze(forMs));
      this.quietFrom = Math.max(this.quietFrom, this.clock.now() + atMs + forMs);
    }
    if (instruction) this.clock.after(instruction.atMs, () => void this.instruct(instruction.what));
  }

  private async instruct(what: 'promote' | 'roll-back'): Promise<void> {
    const seen = this.rollout();
    const next = instructed(seen, what, 'test', this.clock.now());
    if (next) await this.book.change(seen, next);
  }

  private rollout(): Rollout {
    return this.rolloutHub.rollouts.get(ID) as Rollout;
  }

  /** The registry says what the rollout says, and the workers serve that and nothing else. */
  private async agree(): Promise<void> {
    const { phase, fault } = this.rollout();
    const live = phase === 'promoted' ? '2' : '1';
    const desired = await this.clock.settled(this.registry.model(MODEL));
    if (desired.live !== live || desired.candidate !== undefined || (phase === 'promoted' && fault))
      this.judgement.violated('agreement', `${phase}, and the registry says live: ${desired.live}`);
    let reports: WorkerReport[] = [];
    const look = this.clock.every(100, () => void this.cluster.workers().then((workers) => (reports = workers)));
    const agrees = ({ state, models }: WorkerReport) =>
      state === 'serving' && models.length === 1 && models[0]?.version === live && models[0].state === 'ready';
    const isAgreed = () => reports.length === this.workers.length && reports.every((report) => agrees(report));
    await this.until(isAgreed, AGREE_WITHIN_MS, `the workers agree on version ${live}`, 'agreement');
    look.cancel();
  }

  private checkAnswers(agreedAt: number): void {
    const [fault] = this.client.faults;
    if (fault !== undefined) this.judgement.violated('one answer', fault);
    const live = this.rollout().phase === 'promoted' ? '2' : '1';
    const other = this.client.answers.find(({ sentAt, version }) => sentAt >= agreedAt && version !== live);
    if (other)
      this.judgement.violated('one live version', `version ${other.version} answered when ${live} was agreed on`);
    this.throwViolation();
  }

  private async until(
    holds: () => boolean,
    withinMs: number,
    what: string,
    invariant: Invariant = 'termination',
  ): Promise<void> {
    const end = this.clock.now() + withinMs;
    const isOver = () => holds() || this.judgement.violation !== undefined || this.clock.now() >= end;
    await this.clock.run(isOver, end + 1_000);
    if (!holds()) this.judgement.violated(invariant, `within ${withinMs} ms this does not come about: ${what}`);
    this.throwViolation();
  }

  private throwViolation(): void {
    if (this.judgement.violation) throw this.judgement.violation;
  }
}
