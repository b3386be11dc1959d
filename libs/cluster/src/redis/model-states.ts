import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DesiredState } from '../model-state.js';
import type { ClusterKeys } from './keys.js';

const desiredState = z.object({ state: z.enum(['loaded', 'unloaded']), revision: z.string() });

/** The wishes for models: a hash that keeps them, a channel that spreads the word. */
export class ModelStates {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
  ) {}

  async set(model: string, state: DesiredState['state']): Promise<DesiredState> {
    const desired = { state, revision: randomUUID() };
    await this.redis.hset(this.keys.modelStates, model, JSON.stringify(desired));
    await this.redis.publish(this.keys.modelStateChanges, model);
    return desired;
  }

  /** @throws ZodError when somebody else wrote to the hash */
  async all(): Promise<ReadonlyMap<string, DesiredState>> {
    const stored = await this.redis.hgetall(this.keys.modelStates);
    return new Map(Object.entries(stored).map(([model, json]) => [model, desiredState.parse(JSON.parse(json))]));
  }
}
