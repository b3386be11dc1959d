import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { queueOwner } from '@sluice/contracts';
import { JobQueue, type LeaseResult } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { ModelHost } from '../../../apps/worker/src/lifecycle/model-host.js';
import { Peers } from '../../../apps/worker/src/lifecycle/peers.js';
import { Random } from '../../../apps/worker/src/lifecycle/random.js';
import { WorkerIdentity } from '../../../apps/worker/src/lifecycle/worker-identity.js';
import { Puller } from '../../../apps/worker/src/pull/puller.js';
import { Thief } from '../../../apps/worker/src/steal/thief.js';
import type { Plants } from '../simulation.js';
import { divert } from '../world/divert.js';

/** A queue that gives a thief copies: what it took goes on waiting there. */
export function stealsCopies(): Plants {
  return {
    queue: (queue) =>
      divert(queue, {
        lease: async (name, request) => {
          const leased = await queue.lease(name, request);
          if (request.part === 'half') await queue.release(leased.jobs.map(({ lease }) => lease));
          return leased;
        },
      }),
  };
}

/** A queue that gives two thieves the same jobs, each as if they were his. */
export function robsForTwo(): Plants {
  const latest = new Map<string, LeaseResult>();
  return {
    queue: (queue) =>
      divert(queue, {
        lease: async (name, request) => {
          if (request.part !== 'half') return queue.lease(name, request);
          const before = latest.get(name);
          latest.delete(name);
          if (!before) {
            const leased = await queue.lease(name, request);
            latest.set(name, leased);
            return leased;
          }
          const { holder } = request;
          return { jobs: before.jobs.map((job) => ({ ...job, lease: { ...job.lease, holder } })), dropped: [] };
        },
      }),
  };
}

@Injectable()
class RestlessThief extends Thief {
  constructor(
    queue: JobQueue,
    cluster: Cluster,
    puller: Puller,
    models: ModelHost,
    private readonly others: Peers,
    private readonly self: WorkerIdentity,
    random: Random,
    config: WorkerConfig,
    logger: Logger,
    private readonly time: Clock,
  ) {
    super(queue, cluster, puller, models, others, self, random, config, logger);
  }

  override async steal(...what: Parameters<Thief['steal']>) {
    for (;;) {
      const jobs = await super.steal(...what);
      if (jobs || this.others.ownQueues.every((queue) => queueOwner(queue) === this.self.id)) return jobs;
      await this.time.sleep(1);
    }
  }
}

/** A thief that looks until it finds something, where there is anything to look at. */
export function searchesWithoutEnd(): Plants {
  return { providers: [{ provide: Thief, useClass: RestlessThief }] };
}

/** Workers that search whoever else does. */
export function searchesAllAtOnce(): Plants {
  return { cluster: (cluster) => divert(cluster, { beginSearch: async () => true }) };
}

class InsatiableThief extends Thief {
  override async steal(shareClass: string) {
    const all = [];
    for (;;) {
      const jobs = await super.steal(shareClass, undefined);
      if (!jobs) return all.length > 0 ? all : undefined;
      all.push(...jobs);
    }
  }
}

/** A thief that goes on while there is anything left. */
export function stealsUntilNothingIsLeft(): Plants {
  return { providers: [{ provide: Thief, useClass: InsatiableThief }] };
}

/** Workers that keep to what is theirs. */
export function stealsNothing(): Plants {
  return { settings: { SLUICE_STEALING: 'off' } };
}

/** Workers that never hear that somebody has more than he can do. */
export function offersNothing(): Plants {
  return { queue: (queue) => divert(queue, { offer: async () => {} }) };
}

class TrustingPeers extends Peers {
  override get unserved(): readonly string[] {
    return [];
  }
}

/** Workers that leave what belongs to the dead until they have nothing else to do. */
export function waitsForTheDead(): Plants {
  return { providers: [{ provide: Peers, useClass: TrustingPeers }] };
}
