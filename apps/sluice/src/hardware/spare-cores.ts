/** Below this many, a core left idle costs the workers more than the others' company does. */
const FEWEST_TO_SPARE_ONE = 4;
const FEWEST_TO_SPARE_EACH = 8;

/**
 * How many physical cores are left to the API and to Redis. One serves some thousand requests a second of either
 * (docs/operations.md), so that a core each is plenty; on a small machine they had better share with the workers.
 *
 * @param cores physical, of all workers together
 * @param services processes beside the workers
 */
export function spareCores(cores: number, services: number): number {
  if (cores < FEWEST_TO_SPARE_ONE) return 0;
  return cores < FEWEST_TO_SPARE_EACH ? Math.min(1, services) : services;
}

export function spareRemark(spare: number, services: readonly string[]): string {
  const who = services.join(' and ');
  if (spare === 0) return `no core is left to ${who} alone: workers share theirs`;
  return `${spare === 1 ? '1 core is' : `${spare} cores are`} left to ${who}`;
}
