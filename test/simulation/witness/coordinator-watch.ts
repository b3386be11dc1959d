import type { Cluster } from '@sluice/cluster';
import { divert } from '../world/divert.js';
import type { Judgement } from './judgement.js';

/** Watches who decides which models are where, and in which term, from the calls as they take effect. */
export class CoordinatorWatch {
  /** By the number of a term: whose it is. */
  private readonly terms = new Map<number, string>();
  private latest = 0;
  private decided = { fence: 0, generation: 0 };
  private applied = 0;

  constructor(private readonly judgement: Judgement) {}

  get seen(): { readonly terms: number; readonly decisions: number } {
    return { terms: this.terms.size, decisions: this.applied };
  }

  /** The cluster of one process, watched. */
  around(cluster: Cluster, holder: string): Cluster {
    return divert(cluster, {
      lead: async (memberId, ttlMs) => {
        const fence = await cluster.lead(memberId, ttlMs);
        if (fence !== undefined) this.leads(fence, holder);
        return fence;
      },
      assign: async (fence, assignment) => {
        const isDone = await cluster.assign(fence, assignment);
        if (isDone) this.assigned(fence, assignment.generation, holder);
        return isDone;
      },
    });
  }

  private leads(fence: number, holder: string): void {
    const leader = this.terms.get(fence) ?? holder;
    if (leader !== holder)
      this.judgement.violated('one coordinator', `term ${fence} is that of ${leader} and ${holder}`);
    if (fence < this.latest)
      this.judgement.violated('one coordinator', `${holder} leads in term ${fence}, term ${this.latest} has begun`);
    this.terms.set(fence, holder);
    this.latest = fence;
  }

  private assigned(fence: number, generation: number, holder: string): void {
    this.judgement.trace.note(holder, 'assigns', { fence, generation });
    const leader = this.terms.get(fence);
    if (leader !== holder) this.judgement.violated('one coordinator', `${holder} decides in the term of ${leader}`);
    if (fence < this.latest)
      this.judgement.violated('one coordinator', `${holder} decides in term ${fence}, term ${this.latest} has begun`);
    // Sent again, it is the same.
    const isSame = fence === this.decided.fence && generation === this.decided.generation;
    if (generation <= this.decided.generation && !isSame)
      this.judgement.violated(
        'one coordinator',
        `${holder} makes decision ${generation}, ${this.decided.generation} is made`,
      );
    this.decided = { fence, generation };
    this.applied++;
  }
}
