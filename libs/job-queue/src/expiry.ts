import type { ErrorBody } from '@sluice/contracts';

export function expiredError(waitedMs: number): ErrorBody {
  return {
    code: 'deadline_exceeded',
    message: `the request waited ${Math.round(waitedMs)} ms and its deadline passed`,
  };
}
