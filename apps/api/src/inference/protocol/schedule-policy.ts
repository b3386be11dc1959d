import { describeValue, invalidField } from './invalid-field.js';
import type { RequestParameters } from './request-parameters.js';

/** The protocol's extension for scheduling: how urgent a request is, and how long it may take. */
export interface SchedulePolicy {
  /** A level of the queue: 1 is served first. */
  readonly priority: number;
  /** Whole milliseconds, at least 1; undefined: as long as any request may take. */
  readonly timeoutMs?: number;
}

/** Between the highest level and what may always wait; 0 in the queue itself would overtake every level. */
const DEFAULT_PRIORITY = 100;
/** The queue's order has 21 bits for the level. */
const LAST_PRIORITY = 2 ** 21 - 1;
const MICROSECONDS = 1000;

/**
 * @param parameters of the request: `priority` (0: the default, 1: the highest) and `timeout` in microseconds (0: none)
 * @throws SluiceError invalid_request
 */
export function readSchedulePolicy({ priority = 0, timeout = 0 }: RequestParameters): SchedulePolicy {
  if (!isCount(priority) || priority > LAST_PRIORITY)
    throw invalidField(
      { path: "parameters['priority']" },
      `an integer from 0 to ${LAST_PRIORITY} (0: the default, 1: the highest)`,
      describeValue(priority),
    );
  if (!isCount(timeout))
    throw invalidField(
      { path: "parameters['timeout']" },
      'a number of microseconds, 0 or more (0: none)',
      describeValue(timeout),
    );
  return {
    priority: priority === 0 ? DEFAULT_PRIORITY : priority,
    ...(timeout > 0 && { timeoutMs: Math.ceil(timeout / MICROSECONDS) }),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
