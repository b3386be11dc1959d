import type { QueueSettings } from '../job-queue.js';
import type { Claim } from '../job-record.js';
import { Listeners } from './listeners.js';
import { MemoryQueue } from './memory-queue.js';
import { ReplyBoard } from './reply-board.js';

/** What is marked when a queue is offered: no queue's name. */
export const OFFERS = ':offers';

/** What all processes share: what Redis is to the other adapters. */
export class QueueServer {
  readonly queues = new Map<string, MemoryQueue>();
  readonly listeners = new Listeners();
  readonly replies = new ReplyBoard();
  private readonly claims = new Map<string, { readonly claim: Claim; readonly until: number }>();
  private readonly offered = new Set<string>();
  private tokens = 0;

  constructor(
    readonly settings: QueueSettings,
    readonly now: () => number,
  ) {}

  /** Made when something is put into it. */
  queue(name: string): MemoryQueue {
    let queue = this.queues.get(name);
    if (!queue) this.queues.set(name, (queue = new MemoryQueue(name, this.settings)));
    return queue;
  }

  /** One that is asked about a queue which never was remembers nothing of it. */
  peek(name: string): MemoryQueue {
    return this.queues.get(name) ?? new MemoryQueue(name, this.settings);
  }

  mark(queue: string): void {
    this.listeners.mark(queue, this.now());
  }

  offer(queue: string): void {
    this.offered.add(queue);
    this.mark(OFFERS);
  }

  /** The oldest offer; the next one is for another. */
  takeOffer(): string | undefined {
    const [queue] = this.offered;
    if (queue === undefined) return undefined;
    this.offered.delete(queue);
    if (this.offered.size > 0) this.mark(OFFERS);
    return queue;
  }

  newToken(holder: string): string {
    return `${holder}:${++this.tokens}`;
  }

  claim(key: string, claim: Claim, forMs: number, instead: Claim | undefined): Claim {
    const earlier = this.claims.get(key);
    const stands = earlier && earlier.until > this.now() && earlier.claim.jobId !== instead?.jobId;
    if (stands) return earlier.claim;
    this.claims.set(key, { claim, until: this.now() + forMs });
    return claim;
  }
}
