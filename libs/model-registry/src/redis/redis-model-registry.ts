import { randomUUID } from 'node:crypto';
import { SystemClock } from '@sluice/clock';
import { messageOf, SluiceError } from '@sluice/contracts';
import { redisConnection, RedisScript, Subscriptions } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { Change, ChangeNote, Revision } from '../change.js';
import { AUDIT_LENGTH, HISTORY_LENGTH, ModelRegistry, type RegisteredModels } from '../model-registry.js';
import { unregistered, type RegisteredModel } from '../registered-model.js';
import { staleState } from '../stale-state.js';
import { StateWatch } from '../state-watch.js';
import { transition } from '../transition.js';
import { RegistryKeys } from './registry-keys.js';
import { parseRevisions, parseState } from './stored-registry.js';

export interface RedisModelRegistryOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

const CHANGE = RedisScript.from(new URL('./scripts/change.lua', import.meta.url));

/**
 * A hash of states, a list of changes for each model and one for all, and a channel that says when to read again.
 *
 * What was published while a connection was gone is lost: after it is back, and subscribed once more, all is read again.
 */
export class RedisModelRegistry extends ModelRegistry {
  private readonly redis: Redis;
  private readonly subscriptions: Subscriptions;
  private readonly keys: RegistryKeys;
  private readonly clock = new SystemClock();
  private readonly watches: StateWatch<RegisteredModels>[] = [];
  private readonly onError: (error: Error) => void;
  private listening: Promise<void> | undefined;

  constructor({ redisUrl, prefix, onError }: RedisModelRegistryOptions) {
    super();
    this.onError = onError;
    this.redis = redisConnection(redisUrl, 'registry', onError);
    this.subscriptions = new Subscriptions(redisUrl, 'registry-changes', onError);
    this.keys = new RegistryKeys(prefix);
  }

  override async model(name: string): Promise<RegisteredModel> {
    const stored = await this.redis.hget(this.keys.states, name);
    return stored === null ? unregistered(name) : this.parse(name, stored);
  }

  override async models(): Promise<RegisteredModels> {
    const stored = await this.redis.hgetall(this.keys.states);
    const models = new Map<string, RegisteredModel>();
    for (const [name, text] of Object.entries(stored))
      try {
        models.set(name, this.parse(name, text));
      } catch (error) {
        // One that cannot be read takes nothing away from the others.
        this.onError(error instanceof Error ? error : new Error(String(error)));
      }
    return models;
  }

  override async change(seen: RegisteredModel, change: Change, note: ChangeNote): Promise<RegisteredModel> {
    const { by, reason, id = randomUUID() } = note;
    const state = transition(seen, change, id);
    const { states, audit, changes } = this.keys;
    const made: Omit<Revision, 'at'> = { state, change, by, reason };
    const outcome = await CHANGE.run(
      this.redis,
      [states, this.keys.history(seen.model), audit],
      [
        seen.model,
        seen.generation,
        seen.changeId,
        JSON.stringify(state),
        JSON.stringify(made),
        id,
        HISTORY_LENGTH,
        AUDIT_LENGTH,
        changes,
      ],
    );
    if (outcome === 1) return state;
    throw staleState(seen, await this.model(seen.model));
  }

  override async history(model: string): Promise<Revision[]> {
    return parseRevisions(await this.redis.lrange(this.keys.history(model), 0, -1));
  }

  override async audit(): Promise<Revision[]> {
    return parseRevisions(await this.redis.lrange(this.keys.audit, 0, -1));
  }

  override async watch(onState: (models: RegisteredModels) => void): Promise<void> {
    const { clock, onError } = this;
    const watch = new StateWatch({ clock, read: () => this.models(), onState, onError });
    this.watches.push(watch);
    const notice = () => this.noticeAll();
    this.listening ??= this.subscriptions.add(this.keys.changes, notice, notice);
    await this.listening;
    await watch.begin();
  }

  override async start(): Promise<void> {
    if (this.redis.status === 'wait') await this.redis.connect();
  }

  override async stop(): Promise<void> {
    for (const watch of this.watches) watch.stop();
    this.subscriptions.close();
    this.redis.disconnect();
  }

  private noticeAll(): void {
    for (const watch of this.watches) watch.notice();
  }

  /** @throws SluiceError internal when somebody else wrote to the hash: no guess may put a version into service */
  private parse(name: string, text: string): RegisteredModel {
    try {
      return parseState(text);
    } catch (error) {
      const where = `field ${name} of ${this.keys.states} in Redis`;
      const message = `${where} is not the state of a model: remove it, and register its versions again`;
      throw new SluiceError('internal', `${message} (${messageOf(error)})`, { cause: error });
    }
  }
}
