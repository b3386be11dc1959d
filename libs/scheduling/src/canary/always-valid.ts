/**
 * By how many standard errors a mean of n samples may be off, so that the chance that it is _ever_ off by more, however
 * often and whenever somebody looks, is `alpha` on the one side: Robbins' normal mixture (1970), as in the always valid
 * p-values of Johari et al. (2022) and the asymptotic confidence sequences of Waudby-Smith et al. (2024).
 *
 * @param tunedTo about twice that many samples is where the bound is tightest; elsewhere it is a little wider
 */
export function alwaysValidZ(samples: number, alpha: number, tunedTo: number): number {
  const weight = Math.max(1, tunedTo / 10);
  // The mixture is two-sided: each side has half of its errors.
  const odds = Math.log((samples + weight) / weight) - 2 * Math.log(2 * alpha);
  return Math.sqrt(((samples + weight) / samples) * odds);
}
