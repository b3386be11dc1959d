import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ModelAssignment } from '../model-assignment.js';
import type { ClusterKeys } from './keys.js';
import { parseJson } from './parse-json.js';

const names = z.array(z.string());
const modelAssignment: z.ZodType<ModelAssignment> = z.object({
  generation: z.number(),
  workers: z.record(z.string(), names),
  noRoom: names,
});

/**
 * Begins a term when there is none, prolongs the caller's own, and answers its number; nothing while another's goes on.
 * A number whose term was forgotten is never given again, unless Redis loses all of it.
 *
 * KEYS[1] the coordinator, KEYS[2] number of the latest term; ARGV[1] the caller, ARGV[2] length of a term in ms
 */
const LEAD = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder and redis.call('EXISTS', KEYS[2]) == 1 then return tonumber(redis.call('GET', KEYS[2])) end
return redis.call('INCR', KEYS[2])
`;

/**
 * Ends a term, if it is the caller's. Its number stays: the next term has a greater one.
 *
 * KEYS[1] the coordinator; ARGV[1] the caller
 */
const RESIGN = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`;

/**
 * Writes a decision and spreads the word, unless a later term has begun than the one that it was made in.
 *
 * KEYS[1] number of the latest term, KEYS[2] the assignment; ARGV[1] the decision's term, ARGV[2] the decision,
 * ARGV[3] the channel, ARGV[4] the decision's generation
 */
const ASSIGN = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
`;

/** One coordinator at a time, and what it decided. */
export class Coordination {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
  ) {}

  async lead(memberId: string, ttlMs: number): Promise<number | undefined> {
    const { coordinator, term } = this.keys;
    const fence = await this.redis.eval(LEAD, 2, coordinator, term, memberId, ttlMs);
    return typeof fence === 'number' ? fence : undefined;
  }

  async resign(memberId: string): Promise<void> {
    await this.redis.eval(RESIGN, 1, this.keys.coordinator, memberId);
  }

  async assign(fence: number, assignment: ModelAssignment): Promise<boolean> {
    const { term, assignment: key, assignmentChanges } = this.keys;
    const json = JSON.stringify(assignment);
    return (await this.redis.eval(ASSIGN, 2, term, key, fence, json, assignmentChanges, assignment.generation)) === 1;
  }

  async assignment(): Promise<ModelAssignment | undefined> {
    return parseJson(modelAssignment, await this.redis.get(this.keys.assignment));
  }

  async askFor(queue: string): Promise<void> {
    await this.redis.hincrby(this.keys.askedFor, queue, 1);
  }

  async askedFor(): Promise<ReadonlyMap<string, number>> {
    const counts = await this.redis.hgetall(this.keys.askedFor);
    return new Map(Object.entries(counts).map(([queue, count]) => [queue, Number(count)]));
  }
}
