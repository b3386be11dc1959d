import { SystemClock } from '@sluice/clock';
import { messageOf, SluiceError, type Rollout } from '@sluice/contracts';
import { redisConnection, RedisScript, Subscriptions } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import { StateWatch } from '../state-watch.js';
import { ROLLOUTS_KEPT, RolloutBook } from '../rollouts/rollout-book.js';
import { rolloutUnderWay, staleRollout } from '../rollouts/rollout-conflicts.js';
import { RolloutKeys } from './rollout-keys.js';
import { parseRollout } from './stored-rollout.js';

export interface RedisRolloutBookOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

const CREATE = RedisScript.from(new URL('./scripts/create-rollout.lua', import.meta.url));
const CHANGE = RedisScript.from(new URL('./scripts/change-rollout.lua', import.meta.url));

/** A hash of rollouts, one that names the active ones, a list for each model, and a channel that says when to read again. */
export class RedisRolloutBook extends RolloutBook {
  private readonly redis: Redis;
  private readonly subscriptions: Subscriptions;
  private readonly keys: RolloutKeys;
  private readonly clock = new SystemClock();
  private readonly watches: StateWatch<readonly Rollout[]>[] = [];
  private readonly onError: (error: Error) => void;
  private listening: Promise<void> | undefined;

  constructor({ redisUrl, prefix, onError }: RedisRolloutBookOptions) {
    super();
    this.onError = onError;
    this.redis = redisConnection(redisUrl, 'rollouts', onError);
    this.subscriptions = new Subscriptions(redisUrl, 'rollouts-changes', onError);
    this.keys = new RolloutKeys(prefix);
  }

  override async create(rollout: Rollout): Promise<Rollout> {
    const { rollouts, active, changes } = this.keys;
    const { id, model } = rollout;
    const entered = await CREATE.run(
      this.redis,
      [rollouts, active, this.keys.of(model)],
      [id, model, JSON.stringify(rollout), ROLLOUTS_KEPT, changes],
    );
    if (entered === 1) return rollout;
    throw rolloutUnderWay(
      rollout,
      (await this.active()).find((other) => other.model === model),
    );
  }

  override async get(id: string): Promise<Rollout | undefined> {
    const stored = await this.redis.hget(this.keys.rollouts, id);
    return stored === null ? undefined : this.parse(id, stored);
  }

  override async list(model: string, max = ROLLOUTS_KEPT): Promise<Rollout[]> {
    return this.readable(max > 0 ? await this.redis.lrange(this.keys.of(model), 0, max - 1) : []);
  }

  override async active(): Promise<Rollout[]> {
    const rollouts = await this.readable(await this.redis.hvals(this.keys.active));
    // Between the two reads one may have come to its end.
    return rollouts.filter(({ endedAt }) => endedAt === undefined);
  }

  override async change(seen: Rollout, next: Rollout): Promise<Rollout> {
    const changed = { ...next, revision: seen.revision + 1 };
    const { rollouts, active, changes } = this.keys;
    const { id, model, endedAt } = changed;
    const outcome = await CHANGE.run(
      this.redis,
      [rollouts, active],
      [id, model, seen.revision, JSON.stringify(changed), endedAt === undefined ? '0' : '1', changes],
    );
    if (outcome === 1) return changed;
    throw staleRollout(seen, await this.get(id));
  }

  override async watch(onActive: (active: readonly Rollout[]) => void): Promise<void> {
    const { clock, onError } = this;
    const read = (): Promise<readonly Rollout[]> => this.active();
    const watch = new StateWatch({ clock, read, onState: onActive, onError });
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

  private async readable(ids: readonly string[]): Promise<Rollout[]> {
    if (ids.length === 0) return [];
    const stored = await this.redis.hmget(this.keys.rollouts, ...ids);
    return ids.flatMap((id, index) => {
      const text = stored[index];
      if (typeof text !== 'string') return [];
      try {
        return [this.parse(id, text)];
      } catch (error) {
        // One that cannot be read takes nothing away from the others.
        this.onError(error instanceof Error ? error : new Error(String(error)));
        return [];
      }
    });
  }

  /** @throws SluiceError internal when somebody else wrote to the hash */
  private parse(id: string, text: string): Rollout {
    try {
      return parseRollout(text);
    } catch (error) {
      const { rollouts, active } = this.keys;
      const message =
        `field ${id} of ${rollouts} in Redis is not a rollout: remove it, ` +
        `and the field of ${active} that names it, and begin a new one`;
      throw new SluiceError('internal', `${message} (${messageOf(error)})`, { cause: error });
    }
  }
}
