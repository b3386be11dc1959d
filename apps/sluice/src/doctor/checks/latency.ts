import type { RedisFacts } from '../facts.js';
import { ok, warning, type Finding } from '../finding.js';

/** A request makes several round trips, one after the other. */
const FAR_P50_MS = 5;
const UNSTEADY_P99_MS = 50;

export function checkLatency({ pingsMs }: Pick<RedisFacts, 'pingsMs'>): Finding[] {
  const sorted = pingsMs.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const [p50, p99] = [at(0.5), at(0.99)];
  const message = `a ping takes ${p50.toFixed(2)} ms (p99 ${p99.toFixed(2)} ms, of ${sorted.length})`;
  if (p50 >= FAR_P50_MS)
    return [
      warning(
        `${message}: Redis is far away, and every request makes several round trips`,
        'run Redis in the same network',
      ),
    ];
  if (p99 >= UNSTEADY_P99_MS)
    return [
      warning(
        `${message}: Redis or the network stalls now and then`,
        'redis-cli --intrinsic-latency 10    # on its host',
      ),
    ];
  return [ok(message)];
}
