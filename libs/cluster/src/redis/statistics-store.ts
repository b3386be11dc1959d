import type { ModelRef } from '@sluice/contracts';
import type { Redis } from 'ioredis';
import type { ModelStatistics } from '../model-statistics.js';
import { fromFields, LATEST_FIELD, toFields } from '../statistics-fields.js';
import type { ClusterKeys } from './keys.js';

/** A call that was not answered is sent again when the connection is back, which takes seconds. */
const REMEMBER_SEQUENCE_MS = 3_600_000;

/**
 * Adds the counters of one call to the hashes of their model versions, all or none, and once: a call whose sequence is
 * not above the worker's last one changes nothing.
 *
 * KEYS[1] the worker's last sequence; KEYS[2..] one hash for each model version
 * ARGV[1] sequence, ARGV[2] how long to remember it in ms, ARGV[3] the field that keeps the greatest value;
 * then for each hash: how many fields, and that many pairs of field and integer
 */
const ADD = `
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local at = 4
for key = 2, #KEYS do
  local last = at + 2 * tonumber(ARGV[at])
  for field = at + 1, last, 2 do
    if ARGV[field] ~= ARGV[3] then
      redis.call('HINCRBY', KEYS[key], ARGV[field], ARGV[field + 1])
    elseif tonumber(redis.call('HGET', KEYS[key], ARGV[3]) or '0') < tonumber(ARGV[field + 1]) then
      redis.call('HSET', KEYS[key], ARGV[3], ARGV[field + 1])
    end
  end
  at = last + 1
end
return 1
`;

/** Sums of what the workers counted, one hash of counters for each model version. */
export class StatisticsStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: ClusterKeys,
  ) {}

  async add(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void> {
    const keys = [this.keys.statisticsSequence(workerId), ...counted.map(({ ref }) => this.keys.statistics(ref))];
    const counters = counted.map(toFields).flatMap((fields) => [fields.size, ...[...fields].flat()]);
    await this.redis.eval(ADD, keys.length, ...keys, sequence, REMEMBER_SEQUENCE_MS, LATEST_FIELD, ...counters);
  }

  read(refs: readonly ModelRef[]): Promise<ModelStatistics[]> {
    return Promise.all(
      refs.map(async (ref) => {
        const fields = await this.redis.hgetall(this.keys.statistics(ref));
        return fromFields(ref, new Map(Object.entries(fields).map(([field, value]) => [field, Number(value)])));
      }),
    );
  }
}
