/** Prime, so that it does not fall into step with anything that repeats; the essay has the reasons for the size. */
const EVERY = 13;

/**
 * Whether this pull looks at the shared queues before the worker's own ones. One of any `every` pulls in a row does, as
 * with `schedtick % 61` in Go's scheduler: a worker whose own queues are never empty serves the shared ones too.
 *
 * @param pull how many pulls with inference work there were before, counted up by one each
 */
export function ignoresLocality(pull: number, every = EVERY): boolean {
  return pull % every === 0;
}
