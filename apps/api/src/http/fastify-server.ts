import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ApiConfig } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from './send-error.js';

/** A client gets this long to send its request, whole. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The HTTP server: bodies are bounded before they are read, and arrive as bytes whatever their content type says. */
export function fastifyServer({ limits }: ApiConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Model names may be long; a path is longer. The protocol's own description writes /v2 with a slash at the end.
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    // A path that cannot be decoded meets no route, and with that no filter.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const isTooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
      sendError(reply, new SluiceError(isTooLong ? 'not_found' : 'invalid_request', error.message, { cause: error }));
    },
  });
  const server = adapter.getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', (request, _reply, done) => {
    // Fastify refuses a type that it cannot parse. The protocol's bodies are JSON, whatever a client calls them.
    if (request.routeOptions.url?.startsWith('/v2/')) delete request.headers['content-type'];
    done();
  });
  closeWhatIsAnswered(server);
  return adapter;
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
