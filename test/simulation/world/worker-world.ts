import type { Provider } from '@nestjs/common';
import type { Cluster, InMemoryClusterHub } from '@sluice/cluster';
import type { WorkerConfig } from '@sluice/config';
import type { InMemoryJobQueue, JobQueue } from '@sluice/job-queue';
import type { InMemoryRegistryHub, RolloutHub } from '@sluice/model-registry';
import type { ModelStore } from '@sluice/model-store';
import type { SimulatedClock } from '@sluice/testing';
import type { DeviceWitness } from '../witness/device-witness.js';
import type { Judgement } from '../witness/judgement.js';
import type { LeaseBook } from '../witness/lease-book.js';
import type { PlacementWitness } from '../witness/placement-witness.js';
import type { SearchWatch } from '../witness/search-watch.js';
import type { CallMoment, FaultRates } from './fault-layer.js';

/** What all workers of a simulation live in. */
export interface WorkerWorld {
  readonly clock: SimulatedClock;
  readonly queue: InMemoryJobQueue;
  readonly hub: InMemoryClusterHub;
  readonly registryHub: InMemoryRegistryHub;
  readonly rolloutHub: RolloutHub;
  readonly config: WorkerConfig;
  readonly store: ModelStore;
  readonly readModel: (path: string) => string;
  readonly random: () => number;
  readonly rates: FaultRates;
  readonly pace: () => number;
  readonly book: LeaseBook;
  readonly devices: DeviceWitness;
  readonly searches: SearchWatch;
  readonly placement: PlacementWitness;
  readonly judgement: Judgement;
  /** Parts of the worker that are not its own: planted bugs. */
  readonly instead: readonly Provider[];
  /** The queue as it would be with a planted bug. */
  readonly spoil: (queue: JobQueue) => JobQueue;
  /** The cluster, likewise. */
  readonly spoilCluster: (cluster: Cluster) => Cluster;
}

export interface WorkerFate {
  /** Whether the worker dies now, at a call; asked twice for each. */
  readonly diesAt: (call: number, moment: CallMoment) => boolean;
  readonly onDeath: () => void;
  /** It has died, was stopped, goes on, or serves. */
  readonly onTurn: () => void;
  readonly skewMs: () => number;
}
