import { Injectable } from '@nestjs/common';
import { Cluster, type WorkerLoad } from '@sluice/cluster';
import { inferenceQueue, queueOwner } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { WorkerIdentity } from './worker-identity.js';

/** The other workers, as this one knows them: who is alive, what they do, and which queues belong to them. */
@Injectable()
export class Peers {
  private aliveIds: ReadonlySet<string> = new Set();
  private served: ReadonlySet<string> = new Set();
  private owned: readonly string[] = [];
  private left: readonly string[] = [];
  private latest: readonly WorkerLoad[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly identity: WorkerIdentity,
  ) {}

  /** Brings it up to date; about once a second. */
  async look(): Promise<void> {
    const [workers, queues, loads] = await Promise.all([
      this.cluster.workers(),
      this.queue.queues(),
      this.cluster.loads(),
    ]);
    this.aliveIds = new Set(workers.map(({ id }) => id)).add(this.identity.id);
    const others = workers.filter(({ id, state }) => id !== this.identity.id && state !== 'draining');
    const ready = others.flatMap(({ models }) => models.filter(({ state }) => state === 'ready'));
    this.served = new Set(ready.map(inferenceQueue));
    this.owned = queues.filter((queue) => queueOwner(queue) !== undefined);
    this.latest = loads.filter(({ workerId }) => workerId !== this.identity.id);
    const serving = this.serving();
    this.left = this.owned.filter((queue) => !serving.has(queueOwner(queue)));
  }

  /** This worker among them. */
  get alive(): ReadonlySet<string> {
    return this.aliveIds;
  }

  /** Whether another worker serves the version of a shared queue. */
  serve(queue: string): boolean {
    return this.served.has(queue);
  }

  /** Queues that belong to one worker, this one's and those of workers that are gone included. */
  get ownQueues(): readonly string[] {
    return this.owned;
  }

  /** Own queues whose owner is gone, or leaves its work to others. Empty until there was a look: nobody is gone then. */
  get unserved(): readonly string[] {
    return this.left;
  }

  /** How many others had work when they told last: up to a second and a half ago. */
  get busy(): number {
    return this.latest.filter(({ device }) => device === 'running').length;
  }

  private serving(): ReadonlySet<string | undefined> {
    const handing = new Set(this.latest.flatMap(({ workerId, handOff }) => (handOff.length > 0 ? workerId : [])));
    return new Set([...this.aliveIds].filter((id) => !handing.has(id)));
  }
}
