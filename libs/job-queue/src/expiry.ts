import type { ErrorBody } from '@sluice/contracts';

export function expiredError(waitedMs: number): ErrorBody {
  return {
    code: 'deadline_exceeded',
    message: `the request waited ${Math.round(waitedMs)} ms and its deadline passed`,
  };
}

/** Of a job that somebody retried after it had ended: its input is kept only until then. */
export function inputGoneError(): ErrorBody {
  return { code: 'job_removed', message: 'the job had ended before and its input is gone: send the request again' };
}
