import { bucketOf } from './bucket.js';

it.each([
  [1, 16],
  [16, 16],
  [17, 64],
  [64, 64],
  [65, undefined],
])('a length of %i goes into the bucket %s', (size, bucket) => {
  expect(bucketOf(size, [64, 16])).toBe(bucket);
});

it('is none where none is configured', () => {
  expect(bucketOf(5, [])).toBeUndefined();
});
