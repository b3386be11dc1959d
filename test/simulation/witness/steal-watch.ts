import { MODEL_UPDATE_QUEUE, queueOwner, sharedQueue } from '@sluice/contracts';
import type { Scenario } from '../scenario.js';
import { queueOf } from './device-witness.js';
import { POLL_MS, idleBoundMs } from './idle-watch.js';
import type { LeaseBook } from './lease-book.js';

/** By then a worker that has died is known to be gone: its presence, and the look of the others after it. */
const PRESENCE_MS = 3_000;
const LOOK_MS = 1_000;
/** What a worker has learnt of costs may be off by as much. */
const SURELY = 2;

interface Thief {
  readonly holder: string | undefined;
  readonly serves: readonly string[];
  canRun(queue: string): boolean;
}

/** Whose queues are looked at: those of workers that are there, or of those that are gone. */
export type Victims = 'living' | 'gone';

/** How long a worker may be idle while there is something to steal. */
export function stealBoundMs(scenario: Scenario, victims: Victims): number {
  const lookingMs = 2 * POLL_MS + idleBoundMs(scenario);
  return victims === 'living' ? lookingMs : PRESENCE_MS + LOOK_MS + lookingMs;
}

/** Knows what an idle worker should take from the others. */
export class StealWatch {
  constructor(
    private readonly scenario: Scenario,
    private readonly book: LeaseBook,
    private readonly living: () => ReadonlySet<string | undefined>,
  ) {}

  /** A description of it; undefined when there is nothing. */
  stealable(thief: Thief, victims: Victims): string | undefined {
    const living = this.living();
    const queue = this.book.queuesWithWork().find((name) => {
      const owner = queueOwner(name);
      if (owner === undefined || owner === thief.holder || sharedQueue(name) === MODEL_UPDATE_QUEUE) return false;
      if (!thief.canRun(name)) return false;
      return victims === 'gone' ? !living.has(owner) : living.has(owner) && this.waitsTooLong(name);
    });
    return queue && `${this.book.waiting(queue).size} in ${queue}`;
  }

  /** For its owner alone longer than it is worth, whatever a thief believes of the costs. */
  private waitsTooLong(queue: string): boolean {
    const { models } = this.scenario;
    const model = models.find((_, index) => queueOf({ model: index }) === sharedQueue(queue));
    if (!model) return false;
    const { fixedMs, perRowMs, maxBatchSize, savesMs = 0 } = model;
    const most = Math.max(1, maxBatchSize);
    const runs = Math.ceil(this.book.waiting(queue).size / most);
    return runs * (fixedMs + perRowMs * most) > SURELY * savesMs;
  }
}
