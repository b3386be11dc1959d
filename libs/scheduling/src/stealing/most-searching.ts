/**
 * How many workers may look for work to steal at once: half as many as are busy, and one always. So are the spinning
 * threads of Go's scheduler bounded. One that found work no longer counts.
 *
 * @param busy workers that have work
 */
export function mostSearching(busy: number): number {
  return Math.max(1, Math.floor(busy / 2));
}
