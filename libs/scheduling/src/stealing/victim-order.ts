/**
 * The victims in the order in which a thief looks at them: every order is equally likely (Fisher and Yates).
 *
 * @param random from 0 to below 1, evenly
 */
export function victimOrder(victims: readonly string[], random: () => number): string[] {
  const order = [...victims];
  for (let left = order.length; left > 1; left -= 1) {
    const drawn = Math.floor(random() * left);
    [order[left - 1], order[drawn]] = [order[drawn]!, order[left - 1]!];
  }
  return order;
}
