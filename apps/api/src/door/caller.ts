import type { Role } from '@sluice/config';
import type { FastifyRequest } from 'fastify';

/** What a caller is called while the API runs without keys: everybody is the same caller. */
const ANONYMOUS = 'anonymous';

declare module 'fastify' {
  interface FastifyRequest {
    /** The name of the key the request came with (never the key); set by the door. */
    caller?: string;
    /** What the key may do; set by the door. */
    role?: Role;
  }
}

/**
 * Who sent the request: the name of its key, or `anonymous` where no keys are configured.
 * Jobs and idempotency keys belong to this name.
 */
export function callerOf(request: FastifyRequest): string {
  return request.caller ?? ANONYMOUS;
}

/** Whether the caller may see and change what belongs to others; everybody may where no keys are configured. */
export function isAdmin(request: FastifyRequest): boolean {
  return request.role === 'admin';
}
