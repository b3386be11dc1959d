import { ERRORS, isErrorCode, type ErrorCode } from '@sluice/contracts';
import type { FastifyInstance } from 'fastify';

const REFUSED = new Set<number>([429, 503]);

/** Counts what this process refused for the state of the cluster or for a caller's limits, whoever refused it. */
export class Refusals {
  private readonly counts = new Map<ErrorCode, number>();

  /** To be called before the server has routes, as plugins take over the hooks that are there. */
  watch(server: FastifyInstance): void {
    server.addHook('onResponse', (_request, reply, done) => {
      const code = reply.getHeader('x-sluice-error')?.toString();
      if (code !== undefined && isErrorCode(code)) this.count(code);
      done();
    });
  }

  /** Passes over what is wrong with a request itself. */
  count(code: ErrorCode): void {
    if (REFUSED.has(ERRORS[code].status)) this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }

  /** Since the start. */
  byCode(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.counts);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
