import fc from 'fast-check';
import { NumberList, scanNumberList } from './number-list.js';

const scan = (text: string, maxDepth = 8, maxCommas = 1_000) =>
  scanNumberList(Buffer.from(text), 0, maxDepth, maxCommas);

/** A number as somebody may write it, not only as this language does. */
const written = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (value + 0).toFixed(12)),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value.toPrecision(17)),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom('0', '-0', '0.0', '-0.0', '1e5', '1E+5', '1e-400', '1e400', '0.1', '9007199254740993', '5e-324'),
  fc.tuple(fc.nat(), fc.nat(30), fc.nat()).map(([whole, zeros, rest]) => `${whole}.${'0'.repeat(zeros)}${rest}`),
);
const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('a scanned list of numbers', () => {
  it('has the very numbers that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(written.filter(isJson), { minLength: 1, maxLength: 40 }), (numbers) => {
        const text = `[${numbers.join(',')}]`;
        const scanned = scan(text);
        const expected = JSON.parse(text) as number[];
        expect(scanned?.list.elements).toEqual(Float64Array.from(expected));
        expect(scanned).toMatchObject({ end: text.length, commas: numbers.length - 1 });
        expect(scanned?.list.nesting).toEqual([numbers.length]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is flat, and knows how it was nested, whatever space is between', () => {
    const space = fc.constantFrom('', ' ', '\n', '\t\r ');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), space, (nesting, gap) => {
        let next = 0;
        const nested = ([length = 0, ...inner]: readonly number[]): unknown[] =>
          Array.from({ length }, () => (inner.length > 0 ? nested(inner) : next++));
        const text = JSON.stringify(nested(nesting))
          .replaceAll(/[[\],]/g, (mark) => gap + mark + gap)
          .trimStart();
        const scanned = scan(text);
        expect(scanned?.list).toEqual(
          new NumberList(
            Float64Array.from({ length: next }, (_, at) => at),
            nesting,
          ),
        );
        expect(text.slice(scanned?.end).trim()).toBe('');
      }),
    );
  });

  const lists = '[] [[]] [1 [1, [1,] [,1] [1,,2] [[1],2] [1,[2]] [[1,2],[3]] [[1],[[2]]] [true] [null] ["1"] [1,"2"]';
  const numbers = '[01] [+1] [.5] [1.] [-] [--1] [1e] [1e+] [0x1] [NaN] [Infinity] [1.5.5] [1_0]';
  const others = '1 {} "[1]" [[1} [1}';
  it.each(['', '[1 2]', '[- 1]', ...[lists, numbers, others].flatMap((texts) => texts.split(' '))])(
    'is given up when it is anything else: %s',
    (text) => {
      expect(scan(text)).toBeUndefined();
    },
  );

  it('is given up beyond the limits, and not before', () => {
    expect(scan('[[1,2],[3,4]]', 2, 3)).toBeDefined();
    expect(scan('[[1,2],[3,4]]', 1, 3)).toBeUndefined();
    expect(scan('[[1,2],[3,4]]', 2, 2)).toBeUndefined();
  });

  it('ends where it ends', () => {
    expect(scan('[1,2],3]')).toMatchObject({ end: 5, commas: 1 });
  });
});
