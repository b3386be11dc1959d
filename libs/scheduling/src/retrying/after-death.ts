/** How often a worker died while it ran a request: in a batch with others, and by itself. */
export interface DeathCount {
  readonly inCompany: number;
  readonly alone: number;
}

/** Deaths of a worker that ran nothing but this request. */
export const POISONED_AFTER = 3;

/**
 * How to run a request again whose worker died.
 *
 * Any member of a batch may be the one that crashes the runtime: each runs alone the next time, so that the innocent
 * are answered at once and the guilty one is found. Three deaths alone are its own fault. A kill or a deploy that
 * happens to hit it in company never adds up to that.
 */
export function afterDeath({ inCompany, alone }: DeathCount): 'as-usual' | 'alone' | 'poisoned' {
  if (alone >= POISONED_AFTER) return 'poisoned';
  return inCompany + alone > 0 ? 'alone' : 'as-usual';
}
