import { Injectable } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { JobQueue, type Lease, type Reply, type SettleOutcome, type Settlement } from '@sluice/job-queue';
import { Clock } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { Logger } from '@sluice/telemetry';
import { DeviceLoop } from '../../../apps/worker/src/execute/device-loop.js';
import type { Lane } from '../../../apps/worker/src/execute/lane.js';
import { Lanes } from '../../../apps/worker/src/execute/lanes.js';
import { Sweeper } from '../../../apps/worker/src/lease/sweeper.js';
import { ModelHost } from '../../../apps/worker/src/lifecycle/model-host.js';
import { Peers } from '../../../apps/worker/src/lifecycle/peers.js';
import { WorkerIdentity } from '../../../apps/worker/src/lifecycle/worker-identity.js';
import { Puller } from '../../../apps/worker/src/pull/puller.js';
import type { Plants } from '../simulation.js';
import { divert } from '../world/divert.js';

/** A queue in which whoever settles a job has settled it, whether the job is still his or not. */
export function withoutFence(): Plants {
  const latest = new Map<string, Lease>();
  return {
    queue: (queue) =>
      divert(queue, {
        lease: async (name, request) => {
          const leased = await queue.lease(name, request);
          for (const { lease } of leased.jobs) latest.set(lease.jobId, lease);
          return leased;
        },
        settle: (settlements) =>
          queue.settle(settlements.map(({ lease, outcome }) => ({ lease: latest.get(lease.jobId) ?? lease, outcome }))),
      }),
  };
}

/** A queue that knows leases by their holder: an old one of a worker passes for its new one. */
export function oneTokenPerWorker(): Plants {
  const latest = new Map<string, Lease>();
  const keyOf = ({ holder, jobId }: Lease) => `${holder} ${jobId}`;
  const real = (lease: Lease) => latest.get(keyOf(lease)) ?? lease;
  return {
    queue: (queue) =>
      divert(queue, {
        lease: async (name, request) => {
          const leased = await queue.lease(name, request);
          for (const { lease } of leased.jobs) latest.set(keyOf(lease), lease);
          return leased;
        },
        settle: (settlements) =>
          queue.settle(settlements.map(({ lease, outcome }) => ({ lease: real(lease), outcome }))),
        release: (leases) => queue.release(leases.map(real)),
      }),
  };
}

/** A queue that answers in another way. @param settle with what is needed to answer the one client that there is */
function answersItself(
  settle: (
    queue: JobQueue,
    settlements: readonly Settlement[],
    answer: (settlements: readonly Settlement[]) => void,
  ) => Promise<SettleOutcome[]>,
): Plants {
  let hear: (replies: readonly Reply[]) => void = () => {};
  const answer = (settlements: readonly Settlement[]) =>
    hear(settlements.map(({ lease: { jobId }, outcome }) => ({ jobId, outcome })));
  return {
    queue: (queue) =>
      divert(queue, {
        listenForReplies: (replyTo, onReplies, onGap) => {
          hear = onReplies;
          return queue.listenForReplies(replyTo, onReplies, onGap);
        },
        settle: (settlements) => settle(queue, settlements, answer),
      }),
  };
}

/** A queue that answers first. */
export function replyBeforeSettle(): Plants {
  return answersItself((queue, settlements, answer) => {
    answer(settlements);
    return queue.settle(settlements);
  });
}

/** A queue that answers for whoever settles, whether the job is still his or not. */
export function repliesOfTheLost(): Plants {
  return answersItself(async (queue, settlements, answer) => {
    const outcomes = await queue.settle(settlements);
    answer(settlements.filter((_, index) => outcomes[index] === 'lost'));
    return outcomes;
  });
}

class GreedyPuller extends Puller {
  override pull(queue: string) {
    return super.pull(queue, 1_000);
  }
}

/** A worker that leases whatever waits. */
export function leasesEverything(): Plants {
  return { providers: [{ provide: Puller, useClass: GreedyPuller }] };
}

/** A worker that waits for wake-ups and never looks by itself. */
export function wakeUpsOnly(): Plants {
  return {
    queue: (queue) =>
      divert(queue, { waitForWork: (queues, _, signal) => queue.waitForWork(queues, Number.MAX_SAFE_INTEGER, signal) }),
  };
}

class CountingLoop extends DeviceLoop {
  override start(lanes: readonly Lane[], ...events: [(error: unknown) => void, (() => void)?]): void {
    const counted = lanes.map((lane) => divert(lane, { turn: async () => Math.min(1, await lane.turn()) }));
    super.start(counted, ...events);
  }
}

/** A device loop that charges each turn alike, whatever it took. */
export function chargeByCount(): Plants {
  return { providers: [{ provide: DeviceLoop, useClass: CountingLoop }] };
}

/** A latency-critical class whose credit grows for as long as it is idle: a minute is more than any run of it lasts. */
export function creditWithoutBound(): Plants {
  return { settings: { SLUICE_SHARE_CREDIT_MS: '60000' } };
}

class CarelessLanes extends Lanes {
  constructor(...parts: ConstructorParameters<typeof Lanes>) {
    super(...parts);
    for (const { staging } of this.inference) {
      const take = staging.take.bind(staging);
      staging.take = () => take(-Infinity);
    }
  }
}

/** A worker that runs what it has leased, expired or not. */
export function runsWhatExpired(): Plants {
  Reflect.defineMetadata('design:paramtypes', Reflect.getMetadata('design:paramtypes', Lanes), CarelessLanes);
  return { providers: [{ provide: Lanes, useClass: CarelessLanes }] };
}

class ForgetfulLanes extends Lanes {
  override forget(jobIds?: ReadonlySet<string>): Lease[] {
    super.forget(jobIds);
    return [];
  }
}

/** A worker that lets what it has not started lapse when it ends, instead of giving it back. */
export function drainsWithoutRelease(): Plants {
  return { providers: [{ provide: Lanes, useClass: ForgetfulLanes }] };
}

@Injectable()
class LateSweeper extends Sweeper {
  constructor(
    queue: JobQueue,
    cluster: Cluster,
    peers: Peers,
    models: ModelHost,
    identity: WorkerIdentity,
    config: WorkerConfig,
    private readonly time: Clock,
    logger: Logger,
  ) {
    super(queue, cluster, peers, models, identity, config, time, logger);
  }

  override start(): void {
    this.time.after(20_000, () => super.start());
  }
}

/** Workers that take their time before they look whether others have died. */
export function sweepsLate(): Plants {
  return { providers: [{ provide: Sweeper, useClass: LateSweeper }] };
}

/** A queue in which nobody is raised, however long he has waited. */
export function neverRaises(): Plants {
  return { queue: (queue) => divert(queue, { raise: async () => 0 }) };
}

/** A queue whose heads have always just arrived: only their deadlines count. */
export function deadlinesOnly(): Plants {
  const heads = (queue: JobQueue) => async (names: readonly string[]) => {
    return (await queue.heads(names)).map((head) => ({ ...head, enqueuedAt: queue.now() }));
  };
  return { queue: (queue) => divert(queue, { heads: heads(queue) }) };
}

class MixingPuller extends Puller {
  override async pull(...what: Parameters<Puller['pull']>) {
    return (await super.pull(...what))?.map((job) => ({ ...job, batchKey: '' }));
  }
}

/** A worker that puts requests of different signatures into one batch. */
export function mixesSignatures(): Plants {
  return { providers: [{ provide: Puller, useClass: MixingPuller }] };
}

class IdleSweeper extends Sweeper {
  override start(): void {}
}

/** Workers that leave what the dead held where it is. */
export function neverSweeps(): Plants {
  return { providers: [{ provide: Sweeper, useClass: IdleSweeper }] };
}
