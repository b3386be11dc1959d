/**
 * Whether one more idle worker may look for work to steal: at most half as many as are busy do at once, and one always
 * may. So are the spinning threads of Go's scheduler bounded.
 *
 * @param searching others that search now; one that found work no longer counts
 * @param busy workers that have work
 */
export function maySearch({ searching, busy }: { readonly searching: number; readonly busy: number }): boolean {
  return searching < Math.max(1, Math.floor(busy / 2));
}
