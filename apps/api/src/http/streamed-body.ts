import { PassThrough, Readable } from 'node:stream';
import { RouteConfig } from '@nestjs/platform-fastify';
import { SluiceError } from '@sluice/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { patientSockets } from './patient-sockets.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler reads the body as it comes; no limit of bytes or of time is set on it. */
    streamsBody?: boolean;
  }
}

const FORM = 'multipart/form-data';
const BYTES = 'application/octet-stream';

/** For a route of a controller whose body need not fit into memory: see `bodyOf`. */
export function StreamsBody(): MethodDecorator {
  return RouteConfig({ streamsBody: true });
}

/** Bodies of the routes that want it arrive as streams; all others are what they are, whatever they are called. */
export function serveStreamedBodies(server: FastifyInstance): void {
  server.addContentTypeParser([FORM, BYTES], (_request, payload, done) => done(null, payload));
  server.addHook('onRequest', (request, _reply, done) => {
    const { headers, routeOptions } = request;
    const isForm = isFormData(request);
    if (!routeOptions.config.streamsBody) {
      if (isForm || headers['content-type']?.startsWith(BYTES)) delete headers['content-type'];
    } else if (!isForm) headers['content-type'] = BYTES;
    done();
  });
}

export function isFormData({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith(FORM) === true;
}

/**
 * The bytes of a request as they come. It fails with a SluiceError: request_timeout when none come for `idleMs`, and
 * invalid_request when the client hangs up. The connection is left as it is, so that an answer can be sent.
 */
export function bodyOf({ body, raw }: FastifyRequest, reply: FastifyReply, idleMs: number): Readable {
  const bytes = new PassThrough();
  if (!(body instanceof Readable)) return bytes.end();
  const { socket } = raw;
  patientSockets.add(socket);
  reply.raw.once('close', () => patientSockets.remove(socket));
  raw.setTimeout(idleMs, () =>
    bytes.destroy(
      new SluiceError('request_timeout', `nothing came for ${idleMs} ms (SLUICE_RECEIVE_TIMEOUT_MS): send it again`),
    ),
  );
  body.once('error', (error) => {
    bytes.destroy(new SluiceError('invalid_request', `body: it was cut off: ${error.message}`, { cause: error }));
  });
  // An error that comes when nobody reads any more is nobody's.
  bytes.on('error', () => {});
  bytes.once('close', () => raw.setTimeout(0));
  return body.pipe(bytes);
}
