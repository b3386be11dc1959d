import * as fc from 'fast-check';
import { decodeStrings, encodeStrings } from './string-elements.js';

describe('string elements', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (strings) => {
        expect(decodeStrings(encodeStrings(strings), strings.length)).toEqual(strings);
      }),
    );
  });

  it.each([
    ['one too few', encodeStrings(['a']), 2, 'has 1 elements, its shape wants 2'],
    ['one too many', encodeStrings(['a', 'b']), 1, 'has 2 elements, its shape wants 1'],
    ['half a length field', Uint8Array.of(1, 0), 1, 'no whole length field'],
    ['an element past the end', Uint8Array.of(9, 0, 0, 0, 65), 1, 'element 0 reaches past the end'],
    ['bytes that are no text', Uint8Array.of(1, 0, 0, 0, 0xff), 1, 'element 0 is not UTF-8'],
  ])('are refused with %s', (_, bytes, count, message) => {
    expect(() => decodeStrings(bytes, count)).toThrow(message);
  });
});
