import { ERRORS, type SluiceError } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';

const RETRY_AFTER_MS = 1_000;

/** Answers with an error in the protocol's shape, `{"error": "..."}`, and its code in a header for programs. */
export function sendError(reply: FastifyReply, { code, status, message, retryAfterMs }: SluiceError): void {
  if (ERRORS[code].retry === 'after') {
    const ms = retryAfterMs ?? RETRY_AFTER_MS;
    // The header of HTTP knows whole seconds only; official clients of other inference services read the second one.
    void reply.header('retry-after', Math.ceil(ms / 1_000)).header('retry-after-ms', ms);
  }
  void reply.status(status).header('x-sluice-error', code).send({ error: message });
}
