import { queueOwner } from '@sluice/contracts';
import type { JobQueue } from '@sluice/job-queue';
import { divert } from '../world/divert.js';
import type { Judgement } from './judgement.js';

/** A worker, as far as it looks for work to steal. */
interface Searcher {
  /** Queues of others where it need not search: one was offered, or it has just robbed it. */
  readonly known: Set<string>;
  isSearching: boolean;
  /** It has searched, found nothing, and not waited for work since. */
  hasFailed: boolean;
}

export interface SearchSurroundings {
  readonly isUp: (worker: string) => boolean;
  /** Whether the worker's device runs, or it holds something that could. */
  readonly hasWork: (worker: string) => boolean;
}

export interface SearchesSeen {
  readonly searches: number;
  readonly mostAtOnce: number;
}

/** Watches who looks around in the queues that belong to others, from the look until it leases or waits for work. */
export class SearchWatch {
  private readonly searchers = new Map<string, Searcher>();
  private searches = 0;
  private mostAtOnce = 0;

  constructor(
    private readonly surroundings: SearchSurroundings,
    private readonly judgement: Judgement,
  ) {}

  get seen(): SearchesSeen {
    return { searches: this.searches, mostAtOnce: this.mostAtOnce };
  }

  /** The queue as one process sees it, watched. @param holder as which it owns queues */
  around(queue: JobQueue, worker: string, holder: string): JobQueue {
    const searcher: Searcher = { known: new Set(), isSearching: false, hasFailed: false };
    this.searchers.set(worker, searcher);
    const isForeign = (name: string) => ![holder, undefined].includes(queueOwner(name));
    return divert(queue, {
      heads: (queues) => {
        // A worker looks at its own queues together with those that nobody serves: that is no search.
        if (queues.every(isForeign) && !queues.every((name) => searcher.known.delete(name)))
          this.search(worker, searcher, queues);
        return queue.heads(queues);
      },
      lease: async (name, request) => {
        const leased = await queue.lease(name, request);
        if (leased.jobs.length + leased.dropped.length > 0) {
          this.end(searcher);
          if (isForeign(name)) searcher.known.add(name);
        }
        return leased;
      },
      waitForWork: async (queues, ...how) => {
        this.end(searcher);
        const woken = await queue.waitForWork(queues, ...how);
        if (woken !== undefined) searcher.known.add(woken);
        return woken;
      },
    });
  }

  private search(worker: string, searcher: Searcher, queues: readonly string[]): void {
    this.judgement.trace.note(worker, 'searches', { queues });
    if (this.surroundings.hasWork(worker)) this.judgement.violated('searching', `${worker} searches and has work`);
    if (searcher.hasFailed)
      this.judgement.violated('searching', `${worker} searches again, and has not waited since it found nothing`);
    searcher.isSearching = true;
    searcher.hasFailed = true;
    this.searches++;
    const searching = [...this.searchers].filter(([name, each]) => each.isSearching && this.surroundings.isUp(name));
    this.mostAtOnce = Math.max(this.mostAtOnce, searching.length);
  }

  private end(searcher: Searcher): void {
    searcher.isSearching = false;
    searcher.hasFailed = false;
  }
}
