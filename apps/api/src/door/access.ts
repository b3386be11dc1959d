import { RouteConfig } from '@nestjs/platform-fastify';
import type { Role } from '@sluice/config';

/** Who may use a route. A route that says nothing is for administrators: new ones are closed until somebody opens them. */
export type Access = 'everyone' | Role;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** Opens a route of a controller: to callers with a key of any role (`infer`), or to callers without one (`everyone`). */
export function OpenTo(access: Exclude<Access, 'admin'>): MethodDecorator {
  return RouteConfig({ access });
}

export function mayUse(role: Role, access: Access): boolean {
  return role === 'admin' || access !== 'admin';
}
