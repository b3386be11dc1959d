import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { messageOf, SluiceError, type ErrorCode } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../door/caller.js';
import { sendError } from './send-error.js';
import { discardBody } from './unread-body.js';

/** Statuses that Fastify and Nest answer with by themselves. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** Every error that a handler throws, in the protocol's shape. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly config: ApiConfig,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const error = this.toSluiceError(thrown);
    const { method, url } = request;
    const [path = ''] = url.split('?', 1);
    const caller = callerOf(request);
    if (error.code === 'internal')
      this.logger.error({ method, path, caller, reason: messageOf(thrown) }, 'request_failed');
    else this.logger.debug({ method, path, caller, code: error.code, reason: error.message }, 'request_refused');
    // The client hung up: there is nobody to tell.
    if (reply.raw.destroyed) return;
    if (error.code === 'payload_too_large' || request.routeOptions.config.streamsBody) discardBody(request, reply);
    sendError(reply, error);
  }

  private toSluiceError(thrown: unknown): SluiceError {
    if (thrown instanceof SluiceError) return thrown;
    const code = CODE_OF_STATUS[statusOf(thrown)];
    if (code === undefined)
      return new SluiceError('internal', 'an internal error: its cause is in the log', { cause: thrown });
    return new SluiceError(code, this.describe(code, thrown), { cause: thrown });
  }

  /** In our own words where Fastify's and Nest's say too little or too much. */
  private describe(code: ErrorCode, thrown: unknown): string {
    if (code === 'not_found') return 'Not Found';
    if (code === 'payload_too_large') return `body: expected at most ${this.config.limits.maxBodyBytes} bytes`;
    return messageOf(thrown);
  }
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'statusCode' in thrown) return Number(thrown.statusCode);
  return 500;
}
