import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { inferenceQueue, messageOf, ownQueue, type ModelRef } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import type { HostedModel } from './hosted-model.js';
import { ModelHost } from './model-host.js';
import { Peers } from './peers.js';
import { RegisteredVersions } from './registered-versions.js';
import { WorkerIdentity } from './worker-identity.js';

/** After a version was retired requests for it still come: from whoever has not heard of it, and from those who wait. */
const OFTEN_FOR_MS = 60_000;
/** Queues in which nothing was for so long are looked into this often. */
const SELDOM_MS = 5_000;
/** How long a queue is asked like any other after something was in it. */
const ALIVE_FOR_MS = 10_000;

interface Inheritance {
  readonly ref: ModelRef;
  readonly shared: string;
  /** The shared queue, and this worker's own beside it. */
  readonly queues: readonly string[];
  readonly heir: HostedModel;
}

/**
 * Lets the live version of a model answer in the queues of those that are out of service, once nobody serves them: what
 * named no version is run by it, what named one is told so (`Puller`).
 *
 * For a while after the retirement, and while something comes, these queues are asked with those of the heir, in the one
 * call for all; later they are looked into seldom, all together. A model without a past costs nothing.
 *
 * Only what nobody else serves is inherited: a worker that still drains the version answers even those who named it.
 */
@Injectable()
export class InheritedQueues {
  /** Until when a queue is asked like any other, by its shared name. */
  private readonly oftenUntil = new Map<string, number>();
  private lookedAt = -Infinity;

  constructor(
    private readonly registered: RegisteredVersions,
    private readonly host: ModelHost,
    private readonly peers: Peers,
    private readonly jobs: JobQueue,
    private readonly identity: WorkerIdentity,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * To be called when something may have changed, and from time to time. Never rejects.
   * @returns whether there are other queues to be asked than before
   */
  async look(): Promise<boolean> {
    const inherited = this.inherited();
    this.note(inherited);
    await this.lookSeldom(inherited);
    this.host.bequeath(new Map(inherited.map(({ shared, heir }) => [shared, heir])));
    const changed = this.host.hostedModels().map((model) => this.giveQueues(model, inherited));
    return changed.includes(true);
  }

  private inherited(): Inheritance[] {
    return this.registered.all().flatMap(({ model, live, retired }) => {
      const heir = live === undefined ? undefined : this.host.find({ model, version: live });
      if (!heir) return [];
      return retired.flatMap((version): Inheritance | [] => {
        const ref = { model, version };
        const shared = inferenceQueue(ref);
        if (this.host.find(ref) || this.peers.serve(shared)) return [];
        return { ref, shared, queues: [ownQueue(shared, this.identity.id), shared], heir };
      });
    });
  }

  /** What was retired before this worker came is looked into at once, and then seldom, unless something is there. */
  private note(inherited: readonly Inheritance[]): void {
    const now = this.clock.now();
    const present = new Set(inherited.map(({ shared }) => shared));
    for (const shared of this.oftenUntil.keys()) if (!present.has(shared)) this.oftenUntil.delete(shared);
    for (const { ref, shared } of inherited) {
      const since = this.registered.hasServed(ref) ? now : -Infinity;
      if (!this.oftenUntil.has(shared)) this.oftenUntil.set(shared, since + OFTEN_FOR_MS);
    }
  }

  private async lookSeldom(inherited: readonly Inheritance[]): Promise<void> {
    const now = this.clock.now();
    const seldom = inherited.filter(({ shared }) => !this.isAskedOften(shared));
    if (seldom.length === 0 || now - this.lookedAt < SELDOM_MS) return;
    this.lookedAt = now;
    try {
      const heads = await this.jobs.heads(seldom.flatMap(({ queues }) => queues));
      const filled = new Set(heads.map(({ queue }) => queue));
      for (const { shared, queues } of seldom)
        if (queues.some((queue) => filled.has(queue))) this.oftenUntil.set(shared, now + ALIVE_FOR_MS);
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'inherited_queues_unread');
    }
  }

  private giveQueues(model: HostedModel, inherited: readonly Inheritance[]): boolean {
    const mine = inherited.filter(({ heir, shared }) => heir === model && this.isAskedOften(shared));
    const queues = [...model.homeQueues, ...mine.flatMap((each) => each.queues)];
    if (queues.join() === model.queues.join()) return false;
    model.queues = queues;
    return true;
  }

  private isAskedOften(shared: string): boolean {
    return this.clock.now() < (this.oftenUntil.get(shared) ?? -Infinity);
  }
}
