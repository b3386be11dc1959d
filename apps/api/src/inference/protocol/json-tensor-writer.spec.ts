import { type Datatype, type ErrorCode, SluiceError, type Tensor } from '@sluice/contracts';
import * as fc from 'fast-check';
import { readJsonTensor } from './json-tensor-reader.js';
import { writeJsonTensor } from './json-tensor-writer.js';

function tensor(datatype: Datatype, shape: number[], hex: string): Tensor {
  return { name: 'y', datatype, shape, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

const ELEMENTS: [Datatype, fc.Arbitrary<unknown>][] = [
  ['BOOL', fc.boolean()],
  ['UINT8', fc.nat(255)],
  ['UINT16', fc.nat(65_535)],
  ['UINT32', fc.nat(4_294_967_295)],
  ['UINT64', fc.maxSafeNat()],
  ['INT8', fc.integer({ min: -128, max: 127 })],
  ['INT16', fc.integer({ min: -32_768, max: 32_767 })],
  ['INT32', fc.integer()],
  ['INT64', fc.maxSafeInteger()],
  ['FP32', fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
  ['FP64', fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
  ['BYTES', fc.string({ unit: 'binary' }).filter((text) => !/[\0\p{Surrogate}]/u.test(text))],
];
const SHAPES = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 });

describe('writeJsonTensor', () => {
  describe.each(ELEMENTS)('%s', (datatype, element) => {
    const sample = SHAPES.chain((shape) => {
      const count = shape.reduce((product, dimension) => product * dimension, 1);
      return fc.record({
        shape: fc.constant(shape),
        elements: fc.array(element, { minLength: count, maxLength: count }),
        padding: fc.nat(7),
      });
    });

    it('writes what was read, flat or nested, wherever the bytes start', () => {
      fc.assert(
        fc.property(sample, ({ shape, elements, padding }) => {
          const flat = readJsonTensor(elements, datatype, shape, { path: 'data' });
          const nested = readJsonTensor(nest(elements, shape), datatype, shape, { path: 'data' });
          expect(Buffer.compare(flat, nested)).toBe(0);
          const bytes = new Uint8Array(padding + flat.length).subarray(padding);
          bytes.set(flat);
          const written: unknown = JSON.parse(writeJsonTensor({ name: 'y', datatype, shape, bytes }));
          expect(written).toHaveLength(elements.length);
          expect(Buffer.compare(readJsonTensor(written, datatype, shape, { path: 'data' }), flat)).toBe(0);
        }),
      );
    });
  });

  it.each<[Datatype, string, string]>([
    ['INT64', 'ffffffffffffff7f', '[9223372036854775807]'],
    ['INT64', '0000000000000080', '[-9223372036854775808]'],
    ['UINT64', 'ffffffffffffffff', '[18446744073709551615]'],
    ['FP32', 'cdcccc3d', '[0.1]'],
    ['FP32', '00000080', '[0]'],
    ['FP64', '9a9999999999b93f', '[0.1]'],
    ['BOOL', '02', '[true]'],
    ['BYTES', '0500000022c3a90a5c', String.raw`["\"é\n\\"]`],
  ])('writes %s %s as %s', (datatype, hex, text) => {
    expect(writeJsonTensor(tensor(datatype, [1], hex))).toBe(text);
  });

  it.each<[Datatype, string, string]>([
    ['FP32', '0000c07f', "output 'y' holds NaN at element 0"],
    ['FP32', '000080ff', "output 'y' holds -Infinity at element 0"],
    ['FP64', '000000000000f07f', "output 'y' holds Infinity at element 0"],
    ['BYTES', '01000000ff', "output 'y' holds bytes that are not UTF-8 at element 0"],
    ['FP16', '003c', "output 'y': FP16 has no JSON form"],
    ['BF16', '803f', "output 'y': BF16 has no JSON form"],
  ])('fails on %s %s, which JSON cannot carry', (datatype, hex, message) => {
    expect(() => writeJsonTensor(tensor(datatype, [1], hex))).toThrow(
      expect.objectContaining({ code: 'inference_failed' }),
    );
    expect(() => writeJsonTensor(tensor(datatype, [1], hex))).toThrow(message);
  });

  it.each<[Datatype, number[], string]>([
    ['FP32', [2], '0000803f'],
    ['UINT8', [1], '0101'],
    ['BYTES', [1], '02000000'],
    ['BYTES', [1], '0300000061'],
    ['BYTES', [2], '0100000061'],
    ['BYTES', [1], '010000006100'],
  ])('fails as internal when the bytes are not a %s tensor of shape %j', (datatype, shape, hex) => {
    expect(() => writeJsonTensor(tensor(datatype, shape, hex))).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('throws nothing but SluiceError for BYTES, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), (bytes, count) => {
        const write = () => writeJsonTensor({ name: 'y', datatype: 'BYTES', shape: [count], bytes });
        expect(['accepted', 'inference_failed', 'internal']).toContain(outcomeOf(write));
      }),
    );
  });
});

function nest(elements: readonly unknown[], [length, ...inner]: readonly number[]): unknown[] {
  if (length === undefined || inner.length === 0) return [...elements];
  const size = elements.length / length;
  return Array.from({ length }, (_, index) => nest(elements.slice(index * size, (index + 1) * size), inner));
}

/** How it ended; anything but a SluiceError is thrown on, and fails the test. */
function outcomeOf(run: () => unknown): 'accepted' | ErrorCode {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}
