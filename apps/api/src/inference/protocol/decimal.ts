const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** The largest power of ten that is an exact double. */
export const GREATEST_POWER = 22;
/** Of an integer that is exact however its digits were added up. */
export const EXACT_DIGITS = 15;
/** That may follow those, so that both together are a sum of two doubles without an error. */
export const MORE_DIGITS = 4;
/** Veltkamp's constant for 53 bits: splits a double into halves whose products are exact. */
const SPLITTER = 2 ** 27 + 1;
/** Far more than the error of the correction, far less than what tells two neighbours apart. */
const DOUBT = 2 ** -40;

/** The double that is nearest to `digits / 10^decimals`, for up to 15 digits. @param decimals 0 to 22 */
export function shortDecimal(digits: number, decimals: number): number {
  // Both are exact, and a quotient is rounded once (Clinger, "How to read floating point numbers accurately", 1990).
  return decimals === 0 ? digits : digits / power(decimals);
}

/**
 * The double that is nearest to `(head * 10^tailDigits + tail) / 10^decimals`: 16 to 19 digits, as doubles are printed.
 *
 * A quotient and its remainder in twice the precision of a double (Dekker, "A floating-point technique for extending the
 * available precision", 1971). Four times as fast as making a string of the bytes and a number of that.
 *
 * @param head the first 15 digits
 * @param tail up to 4 more
 * @param decimals 0 to 22
 * @returns NaN where the correction is too close to the middle between two doubles to tell which is nearer
 */
export function longDecimal(head: number, tail: number, tailDigits: number, decimals: number): number {
  const factor = power(tailDigits);
  const product = head * factor;
  // The number is `sum + rest`, without an error.
  const sum = product + tail;
  const ofTail = sum - product;
  const rest = product - (sum - ofTail) + (tail - ofTail) + productError(head, factor, product);
  const divisor = power(decimals);
  const quotient = sum / divisor;
  const back = quotient * divisor;
  const correction = (sum - back + (rest - productError(quotient, divisor, back))) / divisor;
  const nearest = quotient + correction * (1 - DOUBT);
  return nearest === quotient + correction * (1 + DOUBT) ? nearest : Number.NaN;
}

/** What `product`, which is `a * b` rounded, lacks. */
function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

function power(exponent: number): number {
  return POWERS_OF_TEN[exponent] ?? Number.NaN;
}
