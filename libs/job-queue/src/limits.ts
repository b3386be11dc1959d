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

/** @throws SluiceError queue_full */
export function checkRoom(queue: string, waiting: number, arriving: number, { maxWaiting }: QueueSettings): void {
  if (waiting + arriving <= maxWaiting) return;
  throw new SluiceError('queue_full', `queue ${queue} holds ${waiting} waiting jobs, the limit is ${maxWaiting}`);
}

/** A result that is too large to keep becomes an error, so that the job still ends and its client learns why. */
export function limitResult(outcome: Outcome, { maxResultBytes }: QueueSettings): Outcome {
  if (!outcome.ok || outcome.result.byteLength <= maxResultBytes) return outcome;
  const message = `the result has ${outcome.result.byteLength} bytes, the limit is ${maxResultBytes}: ask for fewer outputs`;
  return { ok: false, error: { code: 'inference_failed', message } };
}
