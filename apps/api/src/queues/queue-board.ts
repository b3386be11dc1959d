import { FastifyAdapter } from '@bull-board/fastify';

/** Bull Board's pages send JSON, which the rest of the server does not parse. */
export class QueueBoard extends FastifyAdapter {
  override registerPlugin(): ReturnType<FastifyAdapter['registerPlugin']> {
    const plugin = super.registerPlugin();
    return (server, options, next) => {
      server.addContentTypeParser(
        'application/json',
        { parseAs: 'string' },
        server.getDefaultJsonParser('error', 'error'),
      );
      plugin(server, options, next);
    };
  }
}
