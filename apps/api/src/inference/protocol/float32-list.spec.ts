import fc from 'fast-check';
import { writeFloat32List } from './float32-list.js';
import { shortestFloat32 } from './shortest-float32.js';

const expected = (values: Float32Array) => JSON.stringify(Array.from(values, (value) => shortestFloat32(value)));

describe('the text of a list of floats', () => {
  it('is as short as it can be, and reads back as the very floats, for any of them', () => {
    const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });
    const usual = fc.oneof(
      fc.float({ noNaN: true, min: -1, max: 1 }),
      fc.float({ noNaN: true, min: -2_000_000_000, max: 2_000_000_000 }),
      fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
      fc.integer({ min: -9_999, max: 9_999 }).map((value) => value / 1000),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(anyFloat, usual), { maxLength: 30 }), (numbers) => {
        const values = Float32Array.from(numbers);
        const text = writeFloat32List(values);
        const read = JSON.parse(text) as number[];
        expect(Float32Array.from(read)).toEqual(values.map((value) => (value === 0 ? 0 : value)));
        const lengths = (list: string) =>
          list
            .slice(1, -1)
            .split(',')
            .map((each) => each.length);
        expect(lengths(text)).toEqual(lengths(expected(values)));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    [[], '[]'],
    [[0, -0, 1, -1], '[0,0,1,-1]'],
    [[0.1, -0.25, 1.5, 1.618034], '[0.1,-0.25,1.5,1.618034]'],
    [[1e-6, 9.999999e-7, 1e-7, 1e-45], '[0.000001,9.999999e-7,1e-7,1e-45]'],
    [[999_999_940, 1e9, 1e20, 1e21, 3.4028235e38], '[999999940,1000000000,100000000000000000000,1e+21,3.4028235e+38]'],
    [[9.999999, 99.99999, 10, 0.99999994, 16_777_216], '[9.999999,99.99999,10,0.99999994,16777216]'],
  ])('is written as JavaScript writes numbers: %j', (numbers, text) => {
    expect(writeFloat32List(Float32Array.from(numbers))).toBe(text);
  });

  it('of powers of two and of ten, and their neighbours, too', () => {
    const powers = Array.from({ length: 90 }, (_, at) => [
      2 ** (at - 45),
      10 ** ((at - 45) / 2 - (((at - 45) / 2) % 1)),
    ]).flat();
    const bits = new Uint32Array(Float32Array.from(powers).buffer);
    const values = new Float32Array(Uint32Array.from([...bits].flatMap((each) => [each - 1, each, each + 1])).buffer);
    expect(JSON.parse(writeFloat32List(values))).toEqual(JSON.parse(expected(values)));
  });

  it('is whole when it is longer than what is written at once', () => {
    const values = Float32Array.from({ length: 50_000 }, (_, index) => Math.sin(index) * 10 ** (index % 9));
    expect(Float32Array.from(JSON.parse(writeFloat32List(values)) as number[])).toEqual(values);
  });
});
