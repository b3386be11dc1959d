import { runningAverage } from '@sluice/scheduling';

/** What is known of a model in the whole fleet at one moment. Counts are from ever, and never decrease. */
export interface ModelTally {
  /** Device time that its runs took. */
  readonly deviceMs: number;
  /** Requests that were answered. */
  readonly requests: number;
  /** Requests that wait now, in all of its queues. */
  readonly waiting: number;
  /** Requests that were in no queue, because nobody had it in memory. */
  readonly askedFor: number;
}

export interface Demand {
  /** Device time of what waits, and of one that was refused and will come again. */
  readonly backlogMs: number;
  /** Device time of what arrives, in ms a second, averaged. */
  readonly demandMsPerSec: number;
}

/** A request of a model of which none has run. */
const UNKNOWN_MS = 10;
/** What came so long ago weighs a third of what comes now. */
const REMEMBER_MS = 10_000;
/** A model that nobody has asked for in so long has no demand: its room is for those that are asked for. */
const QUIET_MS = 10_000;
/** Who was refused was told to come again within 12.5 s at most when there was no room; until then one is expected. */
const EXPECTED_MS = 15_000;
const NONE: Demand = { backlogMs: 0, demandMsPerSec: 0 };

/** How much is asked of each model, from two looks at the fleet on: what arrives is what was done and what waits more. */
export class DemandMeter {
  private before: ReadonlyMap<string, ModelTally> | undefined;
  private lookedAt = 0;
  private demands = new Map<string, Demand>();
  /** When something last came for a queue. */
  private readonly cameAt = new Map<string, number>();
  /** When somebody was last refused. */
  private readonly refusedAt = new Map<string, number>();

  /** @param now in ms. @param tallies by queue */
  look(now: number, tallies: ReadonlyMap<string, ModelTally>): void {
    const elapsedMs = now - this.lookedAt;
    const demands = new Map<string, Demand>();
    for (const [queue, tally] of tallies) {
      const costMs = tally.requests > 0 ? tally.deviceMs / tally.requests : UNKNOWN_MS;
      const demandMsPerSec = this.averageOf(queue, tally, costMs, elapsedMs);
      if (this.hasCome(queue, tally)) this.cameAt.set(queue, now);
      if (tally.askedFor > (this.before?.get(queue)?.askedFor ?? Infinity)) this.refusedAt.set(queue, now);
      const isExpected = now - (this.refusedAt.get(queue) ?? -Infinity) < EXPECTED_MS;
      const backlogMs = (tally.waiting + (isExpected ? 1 : 0)) * costMs;
      const isQuiet = now - (this.cameAt.get(queue) ?? -Infinity) >= QUIET_MS;
      demands.set(queue, { backlogMs, demandMsPerSec: isQuiet ? 0 : demandMsPerSec });
    }
    this.demands = demands;
    this.before = tallies;
    this.lookedAt = now;
  }

  /** By queue. */
  all(): ReadonlyMap<string, Demand> {
    return this.demands;
  }

  of(queue: string): Demand {
    return this.demands.get(queue) ?? NONE;
  }

  private hasCome(queue: string, { requests, waiting, askedFor }: ModelTally): boolean {
    const before = this.before?.get(queue);
    return before !== undefined && (requests > before.requests || waiting > 0 || askedFor > before.askedFor);
  }

  private averageOf(queue: string, tally: ModelTally, costMs: number, elapsedMs: number): number {
    const average = this.of(queue).demandMsPerSec;
    // What was done before the first look says nothing about now.
    const before = this.before?.get(queue);
    if (!before || elapsedMs <= 0) return average;
    const came = tally.waiting - before.waiting + tally.askedFor - before.askedFor;
    const arrivedMs = Math.max(0, tally.deviceMs - before.deviceMs + came * costMs);
    return runningAverage(average, arrivedMs / (elapsedMs / 1_000), 1 - Math.exp(-elapsedMs / REMEMBER_MS));
  }
}
