import { FastifyAdapter } from '@bull-board/fastify';
import { ForbiddenException } from '@nestjs/common';

type ErrorHandler = Parameters<FastifyAdapter['setErrorHandler']>[0];

/** Bull Board's pages send JSON, which the rest of the server does not parse. */
export class QueueBoard extends FastifyAdapter {
  /** Nest's refusal of what another site's page sent comes here too: it is no error of the server. */
  override setErrorHandler(handler: ErrorHandler): this {
    return super.setErrorHandler((error) =>
      error instanceof ForbiddenException ? { status: 403, body: { error: error.message } } : handler(error),
    );
  }

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
