import { SluiceError } from '@sluice/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Answers a known path that is asked with the wrong method: 405, with the right ones in `Allow`. The router knows only
 * pairs of method and path, so every path gets a route for each method that it lacks.
 *
 * @param server before it has any route; what is registered later, in whatever plugin, is seen
 * @returns to be called when all routes and plugins have been registered, and before the server listens
 */
export function methodNotAllowed(server: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    // For the router a slash at the end makes no other path.
    const path = url.replace(/(?<=.)\/$/, '');
    const methods = methodsOf.get(path) ?? new Set();
    methodsOf.set(path, methods);
    for (const each of [method].flat()) methods.add(each);
  });
  return () => {
    // A plugin, because plugins load in order: Bull Board's has added its routes by then.
    void server.register((plugin, _options, done) => {
      for (const [path, methods] of methodsOf) {
        const allow = [...methods].toSorted().join(', ');
        const others = plugin.supportedMethods.filter((method) => !methods.has(method));
        plugin.route({
          url: path,
          method: others,
          handler: ({ method }, reply) => {
            void reply.header('allow', allow);
            throw new SluiceError('method_not_allowed', `${method} is not allowed here, expected ${allow}`);
          },
        });
      }
      done();
    });
  };
}
