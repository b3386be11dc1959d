import type { ApiKey, DoorConfig } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import type { CallerLimits } from '@sluice/scheduling';
import type { Logger } from '@sluice/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../http/send-error.js';
import { discardBody } from '../http/unread-body.js';
import { mayUse, type Access } from './access.js';
import { callerOf } from './caller.js';
import type { Budgets, BudgetUse } from './budgets.js';
import { challengeFor } from './challenge.js';
import { keyOf } from './credentials.js';
import { overBudget } from './over-budget.js';
import { WatchedKeys } from './watched-keys.js';

/** A request that was let in, and what it holds of its caller's budget until it is answered. */
interface Visit extends BudgetUse {
  bytes: number;
  /** Settled when it is known what it holds: it cannot leave before. */
  counted: Promise<unknown>;
}

/**
 * Stands before every route, those of Bull Board, of the documentation and of no handler at all included: who has no key
 * gets 401, who may not do this 403, who does too much of it 429. Before the body is read; a body in chunks, whose length
 * nobody announced, is counted once it is there.
 */
export class Door {
  private readonly keys: WatchedKeys;
  private readonly visits = new WeakMap<FastifyRequest, Visit>();

  constructor(
    private readonly config: DoorConfig,
    private readonly budgets: Budgets,
    private readonly logger: Logger,
  ) {
    this.keys = new WatchedKeys(config, logger);
  }

  /** To be called before the server has routes: a plugin takes over the hooks that are there when it is registered. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply) => this.orRefuse(request, reply, this.enter(request, reply)));
    server.addHook('preHandler', (request, reply) => this.orRefuse(request, reply, this.countBody(request)));
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

  private async enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const access = accessOf(request);
    if (access === 'everyone') return;
    const key = this.authenticate(request);
    if (key && !mayUse(key.role, access))
      throw new SluiceError('forbidden', `key ${key.name} has the role ${key.role}, expected ${access}`);
    const caller = callerOf(request);
    const limits = { ...this.config.defaultLimits, ...key?.limits };
    if (isUnlimited(limits)) return;
    const isKept = !request.routeOptions.config.streamsBody;
    const use = { caller, limits, bytes: isKept ? Number(request.headers['content-length'] ?? 0) : 0 };
    const over = await this.budgets.enter(use);
    if (over) throw overBudget(over, use);
    const visit: Visit = { ...use, counted: Promise.resolve() };
    this.visits.set(request, visit);
    const leave = () => void visit.counted.finally(() => this.budgets.leave(caller, visit.bytes));
    // The client may have gone while it was asked.
    if (reply.raw.closed) leave();
    else reply.raw.once('close', leave);
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

  private async countBody(request: FastifyRequest): Promise<void> {
    const visit = this.visits.get(request);
    const { body, headers } = request;
    if (!visit || headers['content-length'] !== undefined || !(body instanceof Uint8Array)) return;
    const use = { ...visit, bytes: body.byteLength };
    const holding = Promise.resolve(this.budgets.hold(use)).then((over) => {
      if (!over) visit.bytes = use.bytes;
      return over;
    });
    visit.counted = holding;
    const over = await holding;
    if (over) throw overBudget(over, use);
  }

  /** Answers here and now: Bull Board has an error handler of its own, and none of our shape. */
  private async orRefuse(
    request: FastifyRequest,
    reply: FastifyReply,
    check: Promise<void>,
  ): Promise<FastifyReply | undefined> {
    try {
      await check;
      return undefined;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const { method, url } = request;
      // Without the query: somebody may have put a key there.
      const [path = ''] = url.split('?', 1);
      this.logger.debug({ method, path, caller: callerOf(request), code: error.code }, 'request_refused');
      if (error.code === 'unauthorized') void reply.header('www-authenticate', challengeFor(path));
      discardBody(request, reply);
      sendError(reply, error);
      return reply;
    }
  }
}

function isUnlimited(limits: CallerLimits): boolean {
  return Object.values(limits).every((limit) => limit === Infinity);
}

/** What a path is that does not exist, any key may ask. */
function accessOf(request: FastifyRequest): Access {
  if (request.is404) return 'infer';
  return request.routeOptions.config.access ?? 'admin';
}
