import { Injectable } from '@nestjs/common';
import { Cluster } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { messageOf, queueOwner } from '@sluice/contracts';
import { JobQueue, type QueueHead } from '@sluice/job-queue';
import { mostSearching, victimOrder, worthStealing } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import type { StagedJob } from '../buffer/staged-job.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { Peers } from '../lifecycle/peers.js';
import { Random } from '../lifecycle/random.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { Puller } from '../pull/puller.js';

/** A search takes milliseconds. One whose end nobody heard of counts for so long. */
const SEARCH_COUNTS_MS = 1_000;

/**
 * Takes work from the own queues of others when there is nothing else to do: straight from the victim's queue, half of
 * what waits, the oldest first, and only what would wait longer there than it costs to have it done here.
 *
 * A worker that was told of an offer looks there. One that was not looks around, at most as often as it would poll its
 * own queues, and only few at a time. Who leaves something behind offers it to the next, and comes back for it.
 */
@Injectable()
export class Thief {
  private readonly taken = new Map<string, number>();
  /** By class: the queue of which something was left at the last theft. */
  private readonly left = new Map<string, string>();
  /** Resolves when the others know that the last search is over, or cannot be told. */
  private lastEnd: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly puller: Puller,
    private readonly models: ModelHost,
    private readonly peers: Peers,
    private readonly identity: WorkerIdentity,
    private readonly random: Random,
    private readonly config: WorkerConfig,
    private readonly logger: Logger,
  ) {}

  /** Jobs that were taken since the start. */
  get stolen(): number {
    return [...this.taken.values()].reduce((sum, jobs) => sum + jobs, 0);
  }

  /** The same, by the worker whose own queue they were in. */
  get robbed(): ReadonlyMap<string, number> {
    return this.taken;
  }

  /** Whether this worker could run anything that another has offered. */
  canSteal(shareClass: string): boolean {
    if (!this.config.isStealing) return false;
    return this.models.hostedModels().some((model) => model.shareClass === shareClass && model.serving.affinity);
  }

  /** The queue that was robbed last, when that left something there; until it is looked at again. */
  lastVictim(shareClass: string): string | undefined {
    return this.left.get(shareClass);
  }

  /**
   * @param known a queue where there is something, or was
   * @param isIdle asked before it looks around: an update may have come by then
   * @returns undefined when nothing is worth it
   */
  async steal(shareClass: string, known: string | undefined, isIdle = () => true): Promise<StagedJob[] | undefined> {
    this.left.delete(shareClass);
    if (!this.config.isStealing) return undefined;
    if (known !== undefined) return this.rob(this.victims(shareClass, [known]), shareClass);
    const victims = this.victims(shareClass, this.peers.ownQueues);
    if (victims.length === 0 || !(await this.beginSearch())) return undefined;
    try {
      return isIdle() ? await this.rob(victims, shareClass) : undefined;
    } finally {
      this.endSearch();
    }
  }

  private async rob(victims: readonly string[], shareClass: string): Promise<StagedJob[] | undefined> {
    if (victims.length === 0) return undefined;
    const heads = new Map((await this.queue.heads(victims)).map((head) => [head.queue, head]));
    for (const queue of victimOrder([...heads.keys()], () => this.random.next())) {
      const head = heads.get(queue);
      const model = this.models.byQueue(queue);
      if (!head || !model || !this.isWorthIt(head, model)) continue;
      const jobs = await this.puller.pull(queue, 'all', 'half');
      if (!jobs) continue;
      this.note(queue, jobs.length);
      this.logger.debug({ queue, jobs: jobs.length, waiting: head.waiting }, 'jobs_stolen');
      if (head.waiting > jobs.length) {
        this.left.set(shareClass, queue);
        this.puller.offer(queue);
      }
      return jobs;
    }
    return undefined;
  }

  private victims(shareClass: string, queues: readonly string[]): string[] {
    return queues.filter(
      (queue) => queueOwner(queue) !== this.identity.id && this.models.byQueue(queue)?.shareClass === shareClass,
    );
  }

  private note(queue: string, jobs: number): void {
    const owner = queueOwner(queue) ?? queue;
    this.taken.set(owner, (this.taken.get(owner) ?? 0) + jobs);
  }

  private async beginSearch(): Promise<boolean> {
    // Were it told late, it would end the search that begins here: another would begin beside that.
    await this.lastEnd;
    return this.cluster.beginSearch(this.identity.id, mostSearching(this.peers.busy), SEARCH_COUNTS_MS);
  }

  /** Nobody waits for it but the next search. */
  private endSearch(): void {
    this.lastEnd = this.cluster.endSearch(this.identity.id).catch((error: unknown) => {
      this.logger.warn({ reason: messageOf(error) }, 'search_end_untold');
    });
  }

  private isWorthIt({ waiting }: QueueHead, { costs, serving }: HostedModel): boolean {
    const { usual } = costs;
    const batchMs = usual && usual.fixedMs + usual.perRowMs * costs.maxRows;
    // By its owner alone; what that is running now comes on top, and is not known here.
    const victimWaitMs = batchMs === undefined ? Infinity : Math.ceil(waiting / costs.maxRows) * batchMs;
    return worthStealing({ victimWaitMs, costMs: serving.affinity?.savesMs ?? 0 });
  }
}
