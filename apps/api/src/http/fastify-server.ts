import type { ServerOptions } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ApiConfig } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Door } from '../door/door.js';
import { answerClientError } from './client-error.js';
import type { Refusals } from './refusals.js';
import { sendError } from './send-error.js';
import { serveStreamedBodies } from './streamed-body.js';

/** How often Node looks for clients that take too long; its own 30 s would add to every timeout. */
const LOOKS_PER_TIMEOUT = 10;
const LONGEST_LOOK_MS = 1_000;

/** The HTTP server: bodies are bounded before they are read, and arrive as bytes whatever their content type says. */
export function fastifyServer(
  { limits, processes, door: { tls, receiveTimeoutMs, maxConnections } }: ApiConfig,
  door: Door,
  refusals: Refusals,
) {
  const receiving: ServerOptions = {
    headersTimeout: receiveTimeoutMs,
    requestTimeout: receiveTimeoutMs,
    connectionsCheckingInterval: Math.min(LONGEST_LOOK_MS, receiveTimeoutMs / LOOKS_PER_TIMEOUT),
  };
  const adapter = new FastifyAdapter({
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: receiveTimeoutMs,
    ...(tls
      ? { https: { ...receiving, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: receiveTimeoutMs } }
      : { http: receiving }),
    // Model names may be long; a path is longer. The protocol's own description writes /v2 with a slash at the end.
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded meets no route, and with that neither hook nor filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      sendError(reply, door.refusal(request) ?? describe(error));
    },
  });
  const server = adapter.getInstance();
  server.server.maxConnections = Math.ceil(maxConnections / processes);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  serveStreamedBodies(server);
  refusals.watch(server);
  door.guard(server);
  server.addHook('onRequest', (request, _reply, done) => {
    // Fastify refuses a type that it cannot parse. The protocol's bodies are JSON, whatever a client calls them.
    if (request.routeOptions.url?.startsWith('/v2/')) delete request.headers['content-type'];
    done();
  });
  cutOffSlowReaders(server, receiveTimeoutMs);
  closeWhatIsAnswered(server);
  return adapter;
}

function describe(error: FastifyError): SluiceError {
  const code = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'not_found' : 'invalid_request';
  return new SluiceError(code, error.message, { cause: error });
}

/** An answer that nobody takes would stay in memory. A stream has pauses of its own, and is left alone. */
function cutOffSlowReaders(server: FastifyInstance, timeoutMs: number): void {
  server.addHook('onSend', (_request, { raw }, payload, done) => {
    if (typeof payload === 'string' || payload instanceof Uint8Array) raw.setTimeout(timeoutMs);
    done(null, payload);
  });
}

/** A connection that was busy when the server began to close would be kept alive after its answer, and the server with it. */
function closeWhatIsAnswered(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done(null, payload);
  });
}
