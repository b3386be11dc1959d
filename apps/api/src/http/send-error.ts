import { ERRORS, type SluiceError } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';

const RETRY_AFTER_SECONDS = 1;

/** Answers with an error in the protocol's shape, `{"error": "..."}`, and its code in a header for programs. */
export function sendError(reply: FastifyReply, { code, status, message }: SluiceError): void {
  if (ERRORS[code].retry === 'after') void reply.header('retry-after', RETRY_AFTER_SECONDS);
  void reply.status(status).header('x-sluice-error', code).send({ error: message });
}
