import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ERRORS, messageOf, SluiceError, type ErrorCode } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';

const RETRY_AFTER_SECONDS = 1;

/** Statuses that Fastify and Nest answer with by themselves. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** Every error in the protocol's shape, `{"error": "..."}`, with its code in a header for programs. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const error = toSluiceError(thrown);
    const { method, url } = http.getRequest<FastifyRequest>();
    if (error.code === 'internal') this.logger.error({ method, url, reason: messageOf(thrown) }, 'request_failed');
    else this.logger.debug({ method, url, code: error.code, reason: error.message }, 'request_refused');
    // The client hung up: there is nobody to tell.
    if (reply.raw.destroyed) return;
    if (ERRORS[error.code].retry === 'after') void reply.header('retry-after', RETRY_AFTER_SECONDS);
    void reply.status(error.status).header('x-sluice-error', error.code).send({ error: error.message });
  }
}

function toSluiceError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const code = CODE_OF_STATUS[statusOf(thrown)];
  if (code) return new SluiceError(code, code === 'not_found' ? 'Not Found' : messageOf(thrown), { cause: thrown });
  return new SluiceError('internal', 'an internal error: its cause is in the log', { cause: thrown });
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'statusCode' in thrown) return Number(thrown.statusCode);
  return 500;
}
