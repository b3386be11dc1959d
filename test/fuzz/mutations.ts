import * as fc from 'fast-check';

/** Changes some bytes into others. */
export type Mutation = (bytes: Buffer) => Buffer;

/** What parsers stumble over. */
const TOKENS = [
  '-1 0 1 1e999 -0 1.5 2147483648 4294967296 9007199254740993 18446744073709551616 NaN',
  String.raw`null true false "" [] {} [ { " , : \ \u0000 \ud800 [[[[[[[[`,
  '"__proto__": "data":[1] "shape":[1] "parameters":{"binary_data_size":8} "binary_data":true "priority":3',
  '"timeout":4000000 "sequence_id":1 "name":"x" \0 ÿ €',
]
  .flatMap((line) => line.split(' '))
  .map((token) => Buffer.from(token));

/** Somewhere in the bytes, as a part of their length, so that it means something whatever they became before. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (bytes: Buffer, part: number) => Math.floor(part * bytes.byteLength);
const size = fc.oneof({ weight: 4, arbitrary: fc.nat(16) }, fc.nat(300));

const flip = fc.tuple(place, fc.nat(255)).map(([part, byte]): Mutation => (bytes) => {
  const changed = Buffer.from(bytes);
  if (changed.byteLength > 0) changed[Math.min(at(bytes, part), bytes.byteLength - 1)] = byte;
  return changed;
});
const cut = fc.tuple(place, size).map(
  ([part, length]): Mutation =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, part)), bytes.subarray(at(bytes, part) + length)]),
);
const insert = fc.tuple(place, fc.oneof(fc.constantFrom(...TOKENS), fc.uint8Array({ maxLength: 24 }))).map(
  ([part, inserted]): Mutation =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, part)), inserted, bytes.subarray(at(bytes, part))]),
);
const overwrite = fc.tuple(place, fc.constantFrom(...TOKENS)).map(
  ([part, token]): Mutation =>
    (bytes) =>
      Buffer.concat([
        bytes.subarray(0, at(bytes, part)),
        token,
        bytes.subarray(Math.min(bytes.byteLength, at(bytes, part) + token.byteLength)),
      ]),
);
const repeat = fc.tuple(place, size, place).map(
  ([from, length, to]): Mutation =>
    (bytes) =>
      Buffer.concat([
        bytes.subarray(0, at(bytes, to)),
        bytes.subarray(at(bytes, from), at(bytes, from) + length),
        bytes.subarray(at(bytes, to)),
      ]),
);
/** One of the numbers becomes another one; the rest stays as valid as it was. */
const renumber = fc.tuple(place, fc.constantFrom(...TOKENS)).map(([part, token]): Mutation => (bytes) => {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/-?\d+/g)];
  const chosen = numbers[Math.floor(part * numbers.length)];
  if (!chosen) return bytes;
  const end = chosen.index + chosen[0].length;
  return Buffer.concat([bytes.subarray(0, chosen.index), token, bytes.subarray(end)]);
});

/** None, or a few of them one after the other. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(flip, cut, insert, overwrite, repeat, { weight: 3, arbitrary: renumber }), { maxLength: 5 })
  .map(
    (all): Mutation =>
      (bytes) =>
        all.reduce((changed, mutate) => mutate(changed), bytes),
  );

/** From one value of the header `Inference-Header-Content-Length` to another one, or to none. */
export type LengthChange = (was: string | undefined) => string | undefined;

const ODD_LENGTHS = ['0', '', '-1', '1e3', '0x10', '7 7', '7, 7', '99999999999999999999'];

export const lengthChanges: fc.Arbitrary<LengthChange> = fc.oneof(
  { weight: 6, arbitrary: fc.constant((was: string | undefined) => was) },
  { weight: 2, arbitrary: fc.integer({ min: -20, max: 20 }).map((by) => (was?: string) => `${Number(was ?? 0) + by}`) },
  fc.constantFrom(...ODD_LENGTHS, undefined).map((length) => () => length),
);
