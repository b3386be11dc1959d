import type { ApiKey, DoorConfig, KeyLimits } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import { CallerBudget } from '@sluice/scheduling';
import type { Logger } from '@sluice/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../http/send-error.js';
import { discardBody } from '../http/unread-body.js';
import { mayUse, type Access } from './access.js';
import { callerOf } from './caller.js';
import { challengeFor } from './challenge.js';
import { keyOf } from './credentials.js';
import { overBudget } from './over-budget.js';
import { WatchedKeys } from './watched-keys.js';

/** A request that was let in, and what it holds of its caller's budget until it is answered. */
interface Visit {
  readonly budget: CallerBudget;
  readonly limits: KeyLimits;
  readonly caller: string;
  bytes: number;
}

/**
 * Stands before every route, those of Bull Board, of the documentation and of no handler at all included: who has no key
 * gets 401, who may not do this 403, who does too much of it 429. Before the body is read; a body in chunks, whose length
 * nobody announced, is counted once it is there.
 */
export class Door {
  private readonly keys: WatchedKeys;
  private readonly budgets = new Map<string, CallerBudget>();
  private readonly visits = new WeakMap<FastifyRequest, Visit>();

  constructor(
    private readonly config: DoorConfig,
    private readonly logger: Logger,
  ) {
    this.keys = new WatchedKeys(config, logger);
  }

  /** To be called before the server has routes: a plugin takes over the hooks that are there when it is registered. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      this.orRefuse(request, reply, () => this.enter(request, reply), done);
    });
    server.addHook('preHandler', (request, reply, done) => {
      this.orRefuse(request, reply, () => this.countBody(request), done);
    });
    server.addHook('onClose', (_instance, done) => {
      this.keys.stop();
      done();
    });
  }

  /** For a request that meets no hook: why it is refused, should it be. */
  refusal(request: FastifyRequest): SluiceError | undefined {
    try {
      this.authenticate(request);
      return undefined;
    } catch (error) {
      if (error instanceof SluiceError) return error;
      throw error;
    }
  }

  private enter(request: FastifyRequest, reply: FastifyReply): void {
    const access = accessOf(request);
    if (access === 'everyone') return;
    const key = this.authenticate(request);
    if (key && !mayUse(key.role, access))
      throw new SluiceError('forbidden', `key ${key.name} has the role ${key.role}, expected ${access}`);
    const caller = callerOf(request);
    const visit: Visit = {
      budget: this.budgetOf(caller),
      limits: { ...this.config.defaultLimits, ...key?.limits },
      caller,
      bytes: Number(request.headers['content-length'] ?? 0),
    };
    const over = visit.budget.enter(visit.limits, visit.bytes, performance.now());
    if (over) throw overBudget(over, visit);
    this.visits.set(request, visit);
    reply.raw.once('close', () => visit.budget.leave(visit.bytes));
  }

  /**
   * Finds out whose request it is, and notes it there.
   * @returns undefined where there are no keys
   * @throws SluiceError unauthorized
   */
  private authenticate(request: FastifyRequest): ApiKey | undefined {
    const ring = this.keys.current;
    if (!ring) {
      request.role = 'admin';
      return undefined;
    }
    const presented = keyOf(request.headers);
    if (presented === undefined)
      throw new SluiceError('unauthorized', 'no key: expected Authorization: Bearer <key>, or x-api-key: <key>');
    const key = ring.find(presented);
    if (!key) throw new SluiceError('unauthorized', 'the key is not known here');
    request.caller = key.name;
    request.role = key.role;
    return key;
  }

  private countBody(request: FastifyRequest): void {
    const visit = this.visits.get(request);
    const { body, headers } = request;
    if (!visit || headers['content-length'] !== undefined || !(body instanceof Uint8Array)) return;
    const over = visit.budget.hold(visit.limits, body.byteLength);
    if (over) throw overBudget(over, { ...visit, bytes: body.byteLength });
    visit.bytes = body.byteLength;
  }

  /** Answers here and now: Bull Board has an error handler of its own, and none of our shape. */
  private orRefuse(request: FastifyRequest, reply: FastifyReply, check: () => void, done: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const { method, url } = request;
      // Without the query: somebody may have put a key there.
      const [path = ''] = url.split('?', 1);
      this.logger.debug({ method, path, caller: callerOf(request), code: error.code }, 'request_refused');
      if (error.code === 'unauthorized') void reply.header('www-authenticate', challengeFor(path));
      discardBody(request, reply);
      sendError(reply, error);
      return;
    }
    done();
  }

  private budgetOf(caller: string): CallerBudget {
    let budget = this.budgets.get(caller);
    if (!budget) this.budgets.set(caller, (budget = new CallerBudget()));
    return budget;
  }
}

/** What a path is that does not exist, any key may ask. */
function accessOf(request: FastifyRequest): Access {
  if (request.is404) return 'infer';
  return request.routeOptions.config.access ?? 'admin';
}
