import { isErrorCode, type ErrorBody } from '@sluice/contracts';
import type { Outcome } from './job-queue.js';

/** A failure as one line of text: BullMQ keeps it so, and it is read by people in Bull Board and by `parseFailure`. */
export function formatFailure({ code, message }: ErrorBody): string {
  return `${code}: ${message}`;
}

export function parseFailure(reason: string): Outcome {
  const colon = reason.indexOf(': ');
  const code = reason.slice(0, colon);
  if (isErrorCode(code)) return { ok: false, error: { code, message: reason.slice(colon + 2) } };
  return { ok: false, error: { code: 'internal', message: reason } };
}
