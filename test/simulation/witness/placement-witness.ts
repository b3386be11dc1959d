import type { Cluster } from '@sluice/cluster';
import type { WorkerConfig } from '@sluice/config';
import type { InferenceEngine } from '@sluice/inference-engine';
import type { Clock } from '@sluice/clock';
import type { Scenario } from '../scenario.js';
import type { Refused } from '../world/cold-gate.js';
import type { SimulatedRequest } from '../world/request.js';
import { CoordinatorWatch } from './coordinator-watch.js';
import { CoverWatch } from './cover-watch.js';
import { DemandLog } from './demand-log.js';
import { queueOf } from './device-witness.js';
import { isCalm } from './idle-watch.js';
import type { Judgement } from './judgement.js';
import type { LeaseBook } from './lease-book.js';
import { MemoryWatch, type WitnessedLoad } from './memory-watch.js';
import { RetryCheck } from './retry-check.js';

const LOOK_EVERY_MS = 250;

interface PlacedWorker {
  readonly name: string;
  readonly upForMs: number;
  readonly isHandingOff: boolean;
}

/** What was seen of models that come and go. */
export interface PlacementSeen {
  readonly loads: readonly WitnessedLoad[];
  readonly terms: number;
  readonly decisions: number;
  readonly refusals: number;
  readonly comebacks: number;
  /** The longest that a model lacked a worker that had room for it. */
  readonly longestUncoveredMs: number;
}

/** Watches what the placement of models is about: memories, decisions, and what is promised to whoever is refused. */
export class PlacementWitness {
  private readonly memory: MemoryWatch;
  private readonly coordinators: CoordinatorWatch;
  private readonly demand: DemandLog;
  private readonly cover: CoverWatch;
  private readonly retries: RetryCheck;
  private readonly isLimited: boolean;

  constructor(
    scenario: Scenario,
    { placement }: WorkerConfig,
    private readonly clock: Clock,
    book: LeaseBook,
    workers: () => readonly PlacedWorker[],
    judgement: Judgement,
  ) {
    const { budgetBytes = Infinity, minWorkers } = placement;
    this.isLimited = budgetBytes !== Infinity;
    const bytes = new Map(scenario.models.map(({ bytes: each = 0 }, model) => [queueOf({ model }), each]));
    const bytesOf = (queue: string) => bytes.get(queue) ?? 0;
    const now = () => clock.now();
    const knowsItsLeases = (name: string) =>
      scenario.rates.resend === 0 && workers().some((worker) => worker.name === name && !worker.isHandingOff);
    this.memory = new MemoryWatch({ budgetBytes, bytesOf, now, book, knowsItsLeases }, judgement);
    this.coordinators = new CoordinatorWatch(judgement);
    this.demand = new DemandLog(now);
    const surroundings = { workers, budgetBytes, minWorkers, isCalm: isCalm(scenario), bytesOf, now, book };
    this.cover = new CoverWatch(surroundings, this.memory, this.demand, judgement);
    const roomForMs = (queue: string) => this.cover.roomForMs(queue);
    this.retries = new RetryCheck({ isCalm: isCalm(scenario), workers, roomForMs }, this.memory, judgement);
  }

  get seen(): PlacementSeen {
    return {
      loads: this.memory.loads,
      ...this.coordinators.seen,
      ...this.retries.seen,
      longestUncoveredMs: this.cover.longestMs,
    };
  }

  start(): void {
    if (this.isLimited) this.clock.every(LOOK_EVERY_MS, () => this.cover.look());
  }

  around(engine: InferenceEngine, worker: string, holder: string): InferenceEngine {
    return this.memory.around(engine, worker, holder);
  }

  aroundCluster(cluster: Cluster, holder: string): Cluster {
    return this.coordinators.around(cluster, holder);
  }

  asked(request: SimulatedRequest): void {
    this.demand.asked(queueOf(request));
  }

  ended(request: SimulatedRequest): void {
    this.demand.used(queueOf(request));
  }

  refused(request: SimulatedRequest, refusal: Refused, before: number): void {
    this.retries.refused(request, refusal, before);
  }

  comesAgain(request: SimulatedRequest): void {
    this.retries.comesAgain(request);
  }
}
