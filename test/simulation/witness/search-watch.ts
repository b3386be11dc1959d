import type { Cluster } from '@sluice/cluster';
import { queueOwner } from '@sluice/contracts';
import type { JobQueue } from '@sluice/job-queue';
import { divert } from '../world/divert.js';
import type { Judgement } from './judgement.js';

/**
 * What a worker knows of how many are busy: a presence old when one has died, else as old as the last look at what was
 * told before.
 */
const KNOWN_FOR_MS = 3_000 + 1_000 + 500 + 500;

/** Who leaves its work to others waits for that to be over: a tenth of a second at least. */
const PAUSE_MS = 50;

/** A worker, as far as it looks for work to steal. */
interface Searcher {
  /** Queues of others where it need not search: one was offered, or it has just robbed it. */
  readonly known: Set<string>;
  isSearching: boolean;
  /** When it began to search, found nothing, and has not waited for work since; -Infinity: it has. */
  failedAt: number;
}

export interface SearchSurroundings {
  readonly isUp: (worker: string) => boolean;
  /** Whether the worker's device runs, or it holds something that could. */
  readonly hasWork: (worker: string) => boolean;
  readonly now: () => number;
  /** Whether the bound on searches holds: not for one that stood still in the middle of its own. */
  readonly isBounded: boolean;
}

export interface SearchesSeen {
  readonly searches: number;
  readonly mostAtOnce: number;
}

/**
 * Watches who looks around in the queues that belong to others, from the look until it leases or waits for work; whether
 * it may, it has to ask anew after each wait.
 */
export class SearchWatch {
  private readonly searchers = new Map<string, Searcher>();
  /** When the devices ran last; Infinity while they do. */
  private readonly ranUntil = new Map<string, number>();
  private searches = 0;
  private mostAtOnce = 0;

  constructor(
    private readonly surroundings: SearchSurroundings,
    private readonly judgement: Judgement,
  ) {}

  get seen(): SearchesSeen {
    return { searches: this.searches, mostAtOnce: this.mostAtOnce };
  }

  /** A device begins to run. */
  started(worker: string): void {
    this.ranUntil.set(worker, Infinity);
  }

  stopped(worker: string): void {
    if (this.ranUntil.get(worker) === Infinity) this.ranUntil.set(worker, this.surroundings.now());
  }

  /** The cluster as one process sees it, watched; after `around`. */
  aroundCluster(cluster: Cluster, worker: string): Cluster {
    return divert(cluster, {
      beginSearch: (...what) => {
        const searcher = this.searchers.get(worker);
        if (searcher) this.attempt(worker, searcher);
        return cluster.beginSearch(...what);
      },
      endSearch: (...what) => {
        const searcher = this.searchers.get(worker);
        if (searcher) searcher.isSearching = false;
        return cluster.endSearch(...what);
      },
    });
  }

  /** The queue as one process sees it, watched. @param holder as which it owns queues */
  around(queue: JobQueue, worker: string, holder: string): JobQueue {
    const searcher: Searcher = { known: new Set(), isSearching: false, failedAt: -Infinity };
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

  private attempt(worker: string, searcher: Searcher): void {
    const now = this.surroundings.now();
    if (now - searcher.failedAt < PAUSE_MS)
      this.judgement.violated('searching', `${worker} would search again, and has not waited since it found nothing`);
    searcher.failedAt = now;
  }

  private search(worker: string, searcher: Searcher, queues: readonly string[]): void {
    this.judgement.trace.note(worker, 'searches', { queues });
    if (this.surroundings.hasWork(worker)) this.judgement.violated('searching', `${worker} searches and has work`);
    if (searcher.isSearching)
      this.judgement.violated('searching', `${worker} searches again, and has not waited since it found nothing`);
    searcher.isSearching = true;
    this.searches++;
    const searching = [...this.searchers].filter(([name, each]) => each.isSearching && this.surroundings.isUp(name));
    this.mostAtOnce = Math.max(this.mostAtOnce, searching.length);
    const most = Math.max(1, Math.floor(this.busyLately() / 2));
    if (this.surroundings.isBounded && searching.length > most)
      this.judgement.violated('searching', `${searching.length} search at once, ${most} may`);
  }

  private busyLately(): number {
    const since = this.surroundings.now() - KNOWN_FOR_MS;
    return [...this.ranUntil.values()].filter((until) => until >= since).length;
  }

  private end(searcher: Searcher): void {
    searcher.isSearching = false;
    searcher.failedAt = -Infinity;
  }
}
