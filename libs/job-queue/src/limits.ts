import { SluiceError } from '@sluice/contracts';
import type { NewJob, Outcome, QueueSettings } from './job-queue.js';

/** @throws SluiceError payload_too_large */
export function checkPayloads(jobs: readonly NewJob[], { maxPayloadBytes }: QueueSettings): void {
  for (const { id, payload } of jobs) {
    if (payload.byteLength <= maxPayloadBytes) continue;
    throw new SluiceError(
      'payload_too_large',
      `job ${id} has a payload of ${payload.byteLength} bytes, the limit is ${maxPayloadBytes}`,
    );
  }
}

/** What already waits in a queue. */
export interface Room {
  readonly waiting: number;
  readonly bytes: number;
}

/** @throws SluiceError queue_full */
export function checkRoom(
  queue: string,
  { waiting, bytes }: Room,
  arriving: Room,
  { maxWaiting, maxWaitingBytes }: QueueSettings,
): void {
  if (waiting + arriving.waiting > maxWaiting) {
    throw new SluiceError(
      'queue_full',
      `queue ${queue} holds ${waiting} waiting jobs, the limit is ${maxWaiting} (SLUICE_MAX_WAITING)`,
    );
  }
  if (bytes + arriving.bytes > maxWaitingBytes) {
    throw new SluiceError(
      'queue_full',
      `queue ${queue} holds about ${Math.round(bytes)} bytes of waiting requests, ${arriving.bytes} more exceed the limit of ${maxWaitingBytes} (SLUICE_MAX_WAITING_BYTES)`,
    );
  }
}

export function roomFor(jobs: readonly NewJob[]): Room {
  return { waiting: jobs.length, bytes: jobs.reduce((sum, { payload }) => sum + payload.byteLength, 0) };
}

/** A result that is too large to keep becomes an error, so that the job still ends and its client learns why. */
export function limitResult(outcome: Outcome, { maxResultBytes }: QueueSettings): Outcome {
  if (!outcome.ok || outcome.result.byteLength <= maxResultBytes) return outcome;
  const message = `the result has ${outcome.result.byteLength} bytes, the limit is ${maxResultBytes}: ask for fewer outputs`;
  return { ok: false, error: { code: 'inference_failed', message } };
}
