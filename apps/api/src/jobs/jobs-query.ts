import { MODEL_NAME, SluiceError } from '@sluice/contracts';
import { JOB_STATES, type JobState } from '@sluice/job-queue';

/** Which jobs to list. */
export interface JobsQuery {
  readonly state: JobState | undefined;
  readonly model: string | undefined;
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

export const MAX_WAIT_SECONDS = 60;
export const MAX_PAGE_SIZE = 100;
/** An answer looks through so many jobs at most, the newest. */
export const MAX_LISTED = 1_000;

type Query = Readonly<Record<string, unknown>>;

/** @throws SluiceError invalid_request */
export function parseJobsQuery(query: Query): JobsQuery {
  const state = one(query, 'state');
  if (state !== undefined && !isJobState(state)) throw invalid('state', JOB_STATES.join(', '), state);
  const model = one(query, 'model');
  if (model !== undefined && !MODEL_NAME.test(model)) throw invalid('model', 'a model name', model);
  const size = wholeNumber(query, 'size', 1, MAX_PAGE_SIZE) ?? 20;
  const page = wholeNumber(query, 'page', 1, Math.ceil(MAX_LISTED / size)) ?? 1;
  return { state, model, page, size };
}

/** @returns milliseconds to wait for the job's end. @throws SluiceError invalid_request */
export function parseWait(query: Query): number {
  const text = one(query, 'wait');
  if (text === undefined) return 0;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds * 1000;
  throw invalid('wait', `seconds from 0 to ${MAX_WAIT_SECONDS}`, text);
}

/** @throws SluiceError invalid_request */
export function parseAsync(query: Query): boolean {
  const text = one(query, 'async');
  if (text === undefined || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw invalid('async', 'true or false', text);
}

function one(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new SluiceError('invalid_request', `${name}: expected one value, got several`);
}

function wholeNumber(query: Query, name: string, min: number, max: number): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw invalid(name, `a whole number from ${min} to ${max}`, text);
}

function invalid(name: string, expected: string, found: string): SluiceError {
  return new SluiceError(
    'invalid_request',
    `${name}: expected ${expected}, got ${JSON.stringify(found.slice(0, 100))}`,
  );
}

function isJobState(text: string): text is JobState {
  return (JOB_STATES as readonly string[]).includes(text);
}
