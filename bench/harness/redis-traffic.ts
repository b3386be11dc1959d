import { askRedis } from './redis-command.js';

/**
 * Bytes that Redis has read from its clients and written to them, since it was started.
 *
 * @throws Error when Redis does not tell
 */
export async function readRedisTraffic(redis: URL): Promise<number> {
  const text = await askRedis(redis, 'INFO', 'stats');
  const read = /total_net_input_bytes:(\d+)/.exec(text)?.[1];
  const written = /total_net_output_bytes:(\d+)/.exec(text)?.[1];
  if (read === undefined || written === undefined) throw new Error(`Redis tells nothing of its traffic: ${text}`);
  return Number(read) + Number(written);
}
