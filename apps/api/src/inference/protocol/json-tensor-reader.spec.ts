import { type Datatype, SluiceError } from '@sluice/contracts';
import { readJsonTensor } from './json-tensor-reader.js';

const FIELD = { path: 'inputs[0].data', of: 'x' };

function read(datatype: Datatype, data: readonly unknown[], shape: readonly number[] = [data.length]): Uint8Array {
  return readJsonTensor(data, datatype, shape, FIELD);
}

function hex(datatype: Datatype, data: readonly unknown[]): string {
  return Buffer.from(read(datatype, data)).toString('hex');
}

describe('readJsonTensor', () => {
  it.each<[Datatype, unknown[], string]>([
    ['BOOL', [true, false, 1, 0], '01000100'],
    ['UINT8', [0, 255], '00ff'],
    ['INT8', [-128, 127], '807f'],
    ['UINT16', [1, 65_535], '0100ffff'],
    ['INT16', [-32_768, -1], '0080ffff'],
    ['UINT32', [4_294_967_295], 'ffffffff'],
    ['INT32', [-2_147_483_648, 1], '0000008001000000'],
    ['UINT64', [1, '18446744073709551615'], '0100000000000000ffffffffffffffff'],
    ['INT64', [-1, 4_294_967_296, '-9223372036854775808'], 'ffffffffffffffff00000000010000000000000000000080'],
    ['INT64', [9_007_199_254_740_991, -9_007_199_254_740_991], 'ffffffffffff1f000100000000 00e0ff'.replace(' ', '')],
    ['FP32', [1, -0.5], '0000803f000000bf'],
    ['FP32', [3.4028235e38], 'ffff7f7f'],
    ['FP64', [1], '000000000000f03f'],
    ['BYTES', ['é', ''], '02000000c3a900000000'],
  ])('packs %s %j little-endian', (datatype, data, expected) => {
    expect(hex(datatype, data)).toBe(expected);
  });

  it.each<[Datatype, unknown, RegExp]>([
    ['BOOL', 2, /expected true, false, 0 or 1 \(BOOL\), got 2$/],
    ['BOOL', 'true', /got 'true'$/],
    ['UINT8', 256, /expected an integer from 0 to 255 \(UINT8\), got 256$/],
    ['UINT8', -1, /got -1$/],
    ['UINT8', '1', /got '1'$/],
    ['UINT8', true, /got true$/],
    ['INT8', 128, /expected an integer from -128 to 127/],
    ['UINT16', 65_536, /expected an integer from 0 to 65535/],
    ['INT16', 32_768, /expected an integer from -32768 to 32767/],
    ['UINT32', 4_294_967_296, /expected an integer from 0 to 4294967295/],
    ['INT32', 1.5, /expected an integer from -2147483648 to 2147483647 \(INT32\), got 1.5$/],
    ['INT32', 2_147_483_648, /got 2147483648$/],
    [
      'INT64',
      9_007_199_254_740_992,
      /as a decimal string where it is beyond ±9007199254740991 .*got 9007199254740992$/,
    ],
    ['INT64', '9223372036854775808', /expected an integer from -9223372036854775808 to 9223372036854775807/],
    ['INT64', '0x10', /got '0x10'$/],
    ['INT64', '', /got ''$/],
    ['INT64', 0.5, /got 0.5$/],
    ['UINT64', -1, /expected an integer from 0 to 18446744073709551615.* got -1$/],
    ['UINT64', '-1', /got '-1'$/],
    ['FP32', 'a', /expected a number within ±3.4028235e38 \(FP32\), got 'a'$/],
    ['FP32', 1e39, /got 1e\+39$/],
    ['FP32', -1e39, /got -1e\+39$/],
    ['FP32', 3.4028235677973366e38, /got 3.4028235677973366e\+38$/],
    ['FP32', null, /got null$/],
    ['FP32', [1], /got a list of 1$/],
    ['FP64', JSON.parse('1e400'), /expected a number within .* got Infinity$/],
    ['BYTES', 5, /expected a string.* got 5$/],
    ['BYTES', '\ud800', /without NUL or half of a surrogate pair/],
    ['BYTES', 'cut\0short', /without NUL or half of a surrogate pair/],
    ['BYTES', { toString: null }, /got an object$/],
  ])('refuses %s of %j and names the element', (datatype, bad, message) => {
    const good = datatype === 'BYTES' ? '' : 0;
    expect(() => read(datatype, [good, bad])).toThrow(SluiceError);
    expect(() => read(datatype, [good, bad])).toThrow(message);
    expect(() => read(datatype, [good, bad])).toThrow("inputs[0].data[1] of 'x': ");
  });

  it('names an element of nested data by its path', () => {
    expect(() =>
      read(
        'UINT8',
        [
          [1, 2],
          [3, 999],
        ],
        [2, 2],
      ),
    ).toThrow("inputs[0].data[1][1] of 'x': expected an integer");
  });

  it.each<Datatype>(['FP16', 'BF16'])('refuses %s, which travels only as binary tensor data', (datatype) => {
    expect(() => read(datatype, [1])).toThrow(`inputs[0].data of 'x': expected`);
    expect(() => read(datatype, [1])).toThrow(/binary tensor data/);
  });
});
