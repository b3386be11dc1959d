import type { Scenario } from '../scenario.js';
import { MOST_CALL_MS } from '../world/fault-layer.js';
import type { Judgement } from './judgement.js';
import type { Invariant } from './violation.js';

/** A worker looks for work itself this often, for a wake-up that was lost; it may be under way when it is needed. */
export const POLL_MS = 1_000;
const DISTURBED_MS = 1_200;
/** Of updates whose every wake-up is lost some waited for three of them; why is not known. */
const POLLS_FOR_UPDATES = 6;
/** From a job's being put into the queue to the start of its run, for each worker that is woken before. */
const CALLS_TO_START = 5;

/** Undisturbed a wake-up is heard at once; each idle worker may be woken by the one before it. */
export function idleBoundMs(scenario: Scenario): number {
  const { workers, profilesPerWorker, settings } = scenario;
  const callsMs = CALLS_TO_START * (workers + 1) * MOST_CALL_MS;
  const hasUpdates = profilesPerWorker > 0 || settings['SLUICE_PROFILE'] !== 'off';
  return isCalm(scenario) ? callsMs : (hasUpdates ? POLLS_FOR_UPDATES : 1) * POLL_MS + DISTURBED_MS + callsMs;
}

/** Nothing goes wrong but what belongs to the work itself. */
export function isCalm({ crashes, freezes, drains, rates }: Scenario): boolean {
  return crashes.length + freezes.length + drains.length === 0 && Object.values(rates).every((rate) => rate === 0);
}

/** A device, as far as it could work. */
export interface WatchedDevice {
  readonly name: string;
  /** Its worker is there, goes on, and serves. */
  readonly isUp: () => boolean;
  readonly isRunning: () => boolean;
  /** What its worker could run at once if it had it, or has: a description; undefined when there is nothing. */
  readonly couldRun: () => string | undefined;
}

/** Measures how long devices are idle while work waits that they could run. */
export class IdleWatch {
  private readonly since = new Map<string, number>();
  longestMs = 0;

  /** @param boundMs how long that may last */
  constructor(
    private readonly devices: readonly WatchedDevice[],
    private readonly now: () => number,
    private readonly boundMs: number,
    private readonly judgement: Judgement,
    private readonly invariant: Invariant = 'work-conserving',
  ) {}

  /** To be called whenever something may have changed. */
  look(): void {
    for (const device of this.devices) {
      const { name, isUp, isRunning, couldRun } = device;
      const work = isUp() && !isRunning() ? couldRun() : undefined;
      const since = this.since.get(name);
      if (since !== undefined) this.judge(name, this.now() - since, work);
      if (work === undefined) this.since.delete(name);
      else if (since === undefined) this.since.set(name, this.now());
    }
  }

  private judge(name: string, idleMs: number, work: string | undefined): void {
    this.longestMs = Math.max(this.longestMs, idleMs);
    if (idleMs > this.boundMs)
      this.judgement.violated(
        this.invariant,
        `${name} was idle for ${idleMs.toFixed(1)} ms while work waited (${work ?? 'until now'}), the bound is ${this.boundMs.toFixed(1)}`,
      );
  }
}
