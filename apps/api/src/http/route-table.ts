import type { FastifyInstance } from 'fastify';
import type { Access } from '../door/access.js';

/** Every route that a server has: those of controllers and of plugins alike, as they are registered. */
export class RouteTable {
  private readonly table = new Map<string, Map<string, Access>>();
  private sealed = false;

  /** @param server before it has any route */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method, config }) => {
      if (this.sealed) return;
      const path = withoutSlash(url);
      const methods = this.table.get(path) ?? new Map<string, Access>();
      this.table.set(path, methods);
      for (const each of [method].flat()) methods.set(each, config?.access ?? 'admin');
    });
  }

  /** What is registered from now on is no longer noted: answers to what does not exist. */
  seal(): void {
    this.sealed = true;
  }

  /** Path -> method -> who may use it. */
  get paths(): ReadonlyMap<string, ReadonlyMap<string, Access>> {
    return this.table;
  }
}

/** For the router a slash at the end makes no other path. */
function withoutSlash(url: string): string {
  return url.replace(/(?<=.)\/$/, '');
}
