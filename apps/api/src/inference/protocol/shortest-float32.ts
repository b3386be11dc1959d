const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Any decimal of 6 digits survives a float; 9 digits tell every float from its neighbours. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;
/** Between them every power of ten that is needed is an exact double. */
const LEAST_EXPONENT = MOST_DIGITS - 1 - 22;
const GREATEST_EXPONENT = FEWEST_DIGITS - 1 + 22;
/** Below it a float has fewer bits, and may need fewer digits. */
const LEAST_NORMAL = 2 ** -126;

/**
 * The double whose shortest decimal text is also the shortest that reads back as the float `value`: 0.1 for the float
 * 0.10000000149011612. Printing a float as the double it is costs up to 17 digits, half of which say nothing.
 *
 * Rounds to 6, 7, 8, 9 digits until the float comes back. A quotient of an integer below 2^53 and a power of ten up to
 * 1e22 is exact before its one rounding, so it is the very double that the decimal text means.
 *
 * @param value a finite float32
 */
export function shortestFloat32(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent < LEAST_EXPONENT || exponent > GREATEST_EXPONENT) return shortestByText(value);
  for (let digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
    const decimals = digits - 1 - exponent;
    const candidate =
      decimals >= 0
        ? Math.round(value * powerOfTen(decimals)) / powerOfTen(decimals)
        : Math.round(value / powerOfTen(-decimals)) * powerOfTen(-decimals);
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

/** Ten times slower, for the very large and the very small. */
function shortestByText(value: number): number {
  for (let digits = Math.abs(value) < LEAST_NORMAL ? 1 : FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

function powerOfTen(exponent: number): number {
  return POWERS_OF_TEN[exponent] ?? Number.NaN;
}
