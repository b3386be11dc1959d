import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ApiConfig } from '@sluice/config';

/** A client gets this long to send its request, whole. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The HTTP server: bodies are bounded before they are read, and arrive as bytes whatever their content type says. */
export function fastifyServer({ limits }: ApiConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Model names may be long; a path is longer.
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
  });
  const server = adapter.getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return adapter;
}
