import { InMemoryCluster, type InMemoryClusterHub } from '@sluice/cluster';
import type { WorkerConfig } from '@sluice/config';
import type { InMemoryJobQueue, JobQueue } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';
import { createLogger } from '@sluice/telemetry';
import type { SimulatedClock } from '@sluice/testing';
import type { Scenario } from '../scenario.js';
import type { Judgement } from '../witness/judgement.js';
import type { LeaseBook } from '../witness/lease-book.js';
import { ColdGate } from './cold-gate.js';
import { FaultLayer } from './fault-layer.js';
import { faultyCluster, faultyQueue } from './faulty-ports.js';
import type { SimulatedRequest } from './request.js';
import { SimulatedClient } from './simulated-client.js';

export interface ClientWorld {
  readonly clock: SimulatedClock;
  readonly queue: InMemoryJobQueue;
  readonly hub: InMemoryClusterHub;
  readonly config: WorkerConfig;
  readonly book: LeaseBook;
  readonly judgement: Judgement;
  readonly queueFor: (request: SimulatedRequest) => string;
  /** The queue as it would be with a planted bug. */
  readonly spoil: (queue: JobQueue) => JobQueue;
  /** How far a worker's idea of the queue's clock may be off. */
  readonly slackMs: number;
}

/** The one process of the clients and the API: what it says and hears takes its time and gets lost as that of workers. */
export function clientProcess({ seed, rates }: Scenario, world: ClientWorld): SimulatedClient {
  const { clock, hub, config, book, judgement, queueFor, spoil, slackMs } = world;
  const process = clock.process('client');
  const random = seededRandom(seed + 7);
  const onFault = (what: string) => judgement.trace.note('client', what);
  const layer = new FaultLayer({ process, random, rates, dies: () => false, onFault });
  const own = spoil(world.queue.beside(process));
  const queue = faultyQueue(book.around(own, 'client'), layer, process, () => 0);
  const cluster = faultyCluster(new InMemoryCluster(hub, process, config.presenceMs), layer);
  const isPlaced = config.placement.budgetBytes !== undefined;
  const gate = isPlaced ? new ColdGate(cluster, queue, process, createLogger('api', 'silent')) : undefined;
  return new SimulatedClient(queue, process, random, queueFor, gate, slackMs, judgement);
}
