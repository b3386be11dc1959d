import { bestBatch } from './best-batch.js';

/** Items per second that were measured on two cores, by rows. */
const PROFILES = {
  'MLP 1024-2048-2048-1000': [1405, 3430, 5260, 6563, 8778],
  'decoder of 15M parameters': [501, 1285, 1969, 2854, 3629],
  digits_cnn: [37_700, 70_700, 75_400, 83_200, 85_500],
  silero_vad_v5: [13_400, 24_800, 29_200, 32_200, 33_700],
  'MiniLM, 64 tokens': [109, 138, 141, 141, 123],
  magika: [252, 264, 241, 218, 216],
  'PP-OCR rec': [158, 167, 176, 159, 117],
  'PP-OCR det': [79, 71, 64, 55, 56],
  'PP-OCR cls': [1924, 1944, 1782, 1761, 1695],
};
const SIZES = [1, 4, 8, 16, 32];
const profileOf = (itemsPerSecond: readonly number[]) =>
  itemsPerSecond.map((rate, index) => ({ rows: SIZES[index]!, ms: (SIZES[index]! / rate) * 1000 }));

it.each([
  ['MLP 1024-2048-2048-1000', 32],
  ['decoder of 15M parameters', 32],
  ['digits_cnn', 16],
  ['silero_vad_v5', 16],
  ['MiniLM, 64 tokens', 4],
  ['magika', 1],
  ['PP-OCR rec', 8],
  ['PP-OCR det', 1],
  ['PP-OCR cls', 1],
] as const)('%s runs best in batches of %i', (model, rows) => {
  expect(bestBatch(profileOf(PROFILES[model]), 32)).toBe(rows);
});

it('does not stop at one measurement that a busy machine spoilt', () => {
  expect(bestBatch(profileOf([1405, 3430, 2900, 6563, 8778]), 32)).toBe(32);
});

it('stays within the limit, whatever is best beyond it', () => {
  expect(bestBatch(profileOf(PROFILES['MLP 1024-2048-2048-1000']), 20)).toBe(16);
  expect(bestBatch(profileOf(PROFILES.magika), 1)).toBe(1);
});

it('does not depend on the order of the points', () => {
  expect(bestBatch(profileOf(PROFILES['PP-OCR rec']).toReversed(), 32)).toBe(8);
});

it('is the limit when nothing was measured within it', () => {
  expect(bestBatch([], 32)).toBe(32);
  expect(bestBatch([{ rows: 8, ms: 1 }], 4)).toBe(4);
});
