import { SluiceError } from '@sluice/contracts';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../door/access.js';
import type { RouteTable } from './route-table.js';

/**
 * Answers a known path that is asked with the wrong method: 405, with the right ones in `Allow`. The router knows only
 * pairs of method and path, so every path gets a route for each method that it lacks.
 *
 * To be called when all routes and plugins have been registered, and before the server listens.
 */
export function methodNotAllowed(server: FastifyInstance, routes: RouteTable): void {
  // A plugin, because plugins load in order: Bull Board's has added its routes by then.
  void server.register((plugin, _options, done) => {
    routes.seal();
    for (const [url, accessOf] of routes.paths) {
      const methods = [...accessOf.keys()];
      const allow = methods.toSorted().join(', ');
      plugin.route({
        url,
        method: plugin.supportedMethods.filter((method) => !methods.includes(method)),
        config: { access: mostOpen([...accessOf.values()]) },
        handler: ({ method }, reply) => {
          void reply.header('allow', allow);
          throw new SluiceError('method_not_allowed', `${method} is not allowed here, expected ${allow}`);
        },
      });
    }
    done();
  });
}

/** Who may use a path in one way may hear that there is no other. */
function mostOpen(all: readonly Access[]): Access {
  if (all.includes('everyone')) return 'everyone';
  return all.includes('infer') ? 'infer' : 'admin';
}
