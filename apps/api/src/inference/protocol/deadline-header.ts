import { invalidField, quote } from './invalid-field.js';

/** Our own: how long a request may take from now on, in whole milliseconds. */
export const DEADLINE_HEADER = 'x-sluice-deadline-ms';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * @param header as it was sent; undefined: it was not
 * @throws SluiceError invalid_request
 */
export function readDeadline(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) : Number.NaN;
  if (ms >= 1 && ms <= DAY_MS) return ms;
  throw invalidField({ path: DEADLINE_HEADER }, `whole milliseconds from 1 to ${DAY_MS} (a day)`, quote(header));
}
