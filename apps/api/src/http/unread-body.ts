import type { FastifyReply, FastifyRequest } from 'fastify';

/** How long a client may go on sending what is thrown away. */
const DISCARD_MS = 2_000;

/**
 * For a request whose body is refused before it was read. To close the connection at once, as Fastify would, resets it
 * while the client still sends, and the reset takes away the answer that says why: measured, every second request with
 * a Content-Length got EPIPE and no status. So the rest is read and dropped, for a while.
 */
export function discardBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  reply.removeHeader('connection');
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), DISCARD_MS);
  raw.once('close', () => clearTimeout(timer));
}
