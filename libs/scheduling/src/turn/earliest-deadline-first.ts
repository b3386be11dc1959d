/**
 * The order in which to run what was leased: by level (1 is the highest), then by deadline; requests that are alike in
 * both stay in the order of their arrival.
 *
 * Among requests of one level no other order has a smaller largest lateness (Jackson, 1955): when all deadlines can be
 * met, this order meets them.
 */
export function earliestDeadlineFirst<T extends { readonly level: number; readonly expiresAt: number }>(
  leased: readonly T[],
): T[] {
  return leased.toSorted((one, other) => one.level - other.level || one.expiresAt - other.expiresAt);
}
