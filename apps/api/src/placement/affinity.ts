import { Injectable } from '@nestjs/common';
import { inferenceQueue, ownQueue, type ModelRef } from '@sluice/contracts';
import { JobQueue, type Backlog } from '@sluice/job-queue';
import { chooseQueue, rendezvous } from '@sluice/scheduling';
import { LoadWatch } from '../admission/load-watch.js';
import { ModelCatalogue, type AvailableModel } from '../models/model-catalogue.js';

/**
 * Which queue of its model a request joins: the own queue of the worker that its affinity key belongs to, as long as
 * that is not slower than the shared one. The key's owner is found by hashing over the workers that have the model, so
 * that every API process finds the same one, and only the keys of a worker that leaves find another.
 */
@Injectable()
export class Affinity {
  constructor(
    private readonly catalogue: ModelCatalogue,
    private readonly loads: LoadWatch,
    private readonly queue: JobQueue,
  ) {}

  /** @throws SluiceError redis_unavailable */
  async queueFor({ ref, serving }: AvailableModel, key: string | undefined, level: number): Promise<string> {
    const shared = inferenceQueue(ref);
    if (key === undefined || !serving.affinity) return shared;
    const ids = this.workersWith(ref);
    const [owner] = rendezvous(key, ids);
    if (owner === undefined) return shared;
    const own = ownQueue(shared, owner);
    const [inOwn, inShared] = await Promise.all([this.queue.backlog(own, level), this.queue.backlog(shared, level)]);
    const chosen = chooseQueue({
      owners: [{ id: owner, waitMs: this.waitMs(shared, inOwn) }],
      sharedWaitMs: this.waitMs(shared, inShared) / ids.length,
      savesMs: serving.affinity.savesMs,
    });
    return chosen === undefined ? shared : own;
  }

  private workersWith({ model, version }: ModelRef): string[] {
    return this.catalogue.workers.flatMap(({ id, state, models }) => {
      const isReady = models.some((each) => each.model === model && each.version === version && each.state === 'ready');
      const takesWork = state === 'serving' && !this.loads.handsOff(id);
      return isReady && takesWork ? id : [];
    });
  }

  /**
   * Until the batch starts that a request would join, on one device, after what that runs now: who waits in the same batch
   * delays nobody. 0 while the cost is unknown.
   */
  private waitMs(queue: string, { ahead }: Backlog): number {
    const cost = this.loads.fleet.costOf(queue);
    if (!cost) return 0;
    const { fixedMs, perRowMs, maxRows } = cost;
    return Math.floor(ahead / maxRows) * (fixedMs + maxRows * perRowMs);
  }
}
