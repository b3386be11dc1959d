import { setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '@sluice/contracts';
import { HEAVY, HOLDER } from './models.js';
import type { Operator } from './operator.js';

export const REASONS = ['loading', 'paused', 'memory', 'overdue'] as const;
export type Reason = (typeof REASONS)[number];

/** From a worker's word that it loads a model until its engine has begun: it starts a thread first. More is no harm. */
const ENGINE_STARTS_MS = 700;

/** How a worker comes to a state in which others should have what it has not started. */
export interface Cause {
  /** Of the run that it is busy with meanwhile: one that takes long, as expected, or one that should be short. */
  readonly firstRun: 'long' | 'short' | 'hangs';
  /** Before it is given the jobs. */
  prepare(): Promise<void>;
  /**
   * Once it holds them.
   * @returns when that began, in milliseconds since the epoch; undefined: with the start of its first run
   */
  strike(): Promise<number | undefined>;
  /** Undoes it. Resolves when it is undone. */
  end(): Promise<void>;
}

export function causeOf(reason: Reason, operator: Operator, workerId: string): Cause {
  const nothing = async () => {};
  switch (reason) {
    case 'loading':
      return whileLoading(operator, workerId);
    case 'paused':
      return {
        firstRun: 'long',
        prepare: nothing,
        strike: () => startOf(() => operator.pause(workerId)),
        end: () => operator.resume(workerId),
      };
    case 'memory':
      return {
        firstRun: 'long',
        prepare: nothing,
        strike: () => startOf(() => operator.load(HEAVY)),
        end: () => operator.unload(HEAVY),
      };
    case 'overdue':
      return { firstRun: 'hangs', prepare: nothing, strike: withTheRun, end: nothing };
    default:
      return assertNever(reason);
  }
}

/** The load is there first: the run that comes then waits for it. */
function whileLoading(operator: Operator, workerId: string): Cause {
  let loading: Promise<void> | undefined;
  return {
    firstRun: 'short',
    prepare: async () => {
      loading = operator.load(HOLDER);
      await Promise.race([loading, operator.untilLoading(workerId, HOLDER)]);
      await delay(ENGINE_STARTS_MS);
    },
    strike: withTheRun,
    end: async () => {
      await loading;
      await operator.unload(HOLDER);
    },
  };
}

async function withTheRun(): Promise<undefined> {}

async function startOf(act: () => Promise<void>): Promise<number> {
  const startedAt = Date.now();
  await act();
  return startedAt;
}
