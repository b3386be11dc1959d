import type { Datatype, Tensor } from '@sluice/contracts';
import { faultBetween } from './compare-outputs.js';

const EXACT = { absolute: 0, relative: 0 };

describe('faultBetween', () => {
  it('is the first element that is off by more than the tolerance, which grows with what is expected', () => {
    const tolerance = { absolute: 0.1, relative: 0.01 };
    const expected = [tensor('FP32', new Float32Array([1, 100, -100]), [1, 3])];
    expect(faultBetween(expected, [tensor('FP32', new Float32Array([1.1, 101, -98.95]), [1, 3])], tolerance)).toBe(
      undefined,
    );
    expect(faultBetween(expected, [tensor('FP32', new Float32Array([1.1, 101.25, 0]), [1, 3])], tolerance)).toBe(
      'y[0, 1] is 101.25, expected 100',
    );
  });

  it.each([
    ['NaN where NaN is expected', [NaN], [NaN], undefined],
    ['NaN where a number is expected', [1], [NaN], 'y[0] is NaN, expected 1'],
    ['a number where NaN is expected', [NaN], [1], 'y[0] is 1, expected NaN'],
    ['the same infinity', [-Infinity], [-Infinity], undefined],
    ['the other infinity', [Infinity], [-Infinity], 'y[0] is -Infinity, expected Infinity'],
    ['infinity where a number is expected', [1], [Infinity], 'y[0] is Infinity, expected 1'],
    ['a number where infinity is expected', [Infinity], [1e30], 'y[0] is 1.0000000150474662e+30, expected Infinity'],
    ['zero of another sign', [0], [-0], undefined],
  ])('takes %s as it is, whatever the tolerance', (_, expected, got, fault) => {
    const found = faultBetween([tensor('FP32', new Float32Array(expected))], [tensor('FP32', new Float32Array(got))], {
      absolute: 10,
      relative: 10,
    });
    expect(found).toBe(fault);
  });

  it('lets integers be the same or wrong, also those that a double cannot tell apart', () => {
    const expected = [tensor('INT64', new BigInt64Array([2n ** 60n]))];
    expect(faultBetween(expected, expected, EXACT)).toBe(undefined);
    const got = [tensor('INT64', new BigInt64Array([2n ** 60n + 1n]))];
    expect(faultBetween(expected, got, { absolute: 10, relative: 1 })).toBe(
      'y[0] is 1152921504606846977, expected 1152921504606846976',
    );
    expect(
      faultBetween([tensor('INT32', new Int32Array([5]))], [tensor('INT64', new BigInt64Array([5n]))], EXACT),
    ).toBe(undefined);
    expect(faultBetween([tensor('BOOL', new Uint8Array([1]))], [tensor('BOOL', new Uint8Array([0]))], EXACT)).toBe(
      'y[0] is 0, expected 1',
    );
  });

  it('compares floats of any width', () => {
    const half = tensor('FP16', new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00]));
    const single = tensor('FP32', new Float32Array([1, -2, 2 ** -24, Infinity, NaN]));
    expect(faultBetween([single], [half], EXACT)).toBe(undefined);
    const brain = tensor('BF16', new Uint16Array([0x3f80, 0xc000, 0x3380, 0x7f80, 0x7fc0]));
    expect(faultBetween([brain], [single], EXACT)).toBe(undefined);
    expect(
      faultBetween([tensor('FP16', new Uint16Array([0x3c01]))], [tensor('FP32', new Float32Array([1]))], EXACT),
    ).toBe('y[0] is 1, expected 1.0009765625');
  });

  it('compares strings', () => {
    const [yes, no] = [strings(['a', 'große']), strings(['a', 'größe'])];
    expect(faultBetween([yes], [yes], EXACT)).toBe(undefined);
    expect(faultBetween([yes], [no], { absolute: 9, relative: 9 })).toBe('y[1] is "größe", expected "große"');
    expect(faultBetween([yes], [tensor('INT32', new Int32Array([1, 2]))], EXACT)).toBe('y is INT32, expected BYTES');
  });

  it('wants every output that is expected, in its shape, and no other', () => {
    const flat = tensor('FP32', new Float32Array([1, 2]), [2]);
    const upright = tensor('FP32', new Float32Array([1, 2]), [2, 1]);
    expect(faultBetween([flat], [{ ...flat, name: 'z' }], EXACT)).toBe('there is no output y');
    expect(faultBetween([flat], [upright], EXACT)).toBe('y has shape [2, 1], expected [2]');
    expect(faultBetween([flat], [{ ...flat, name: 'z' }, flat], EXACT)).toBe(undefined);
  });

  it('reads a tensor wherever it lies', () => {
    const { bytes } = tensor('FP64', new Float64Array([0.5]));
    const moved = new Uint8Array(11);
    moved.set(bytes, 3);
    const at = { name: 'y', datatype: 'FP64', shape: [1] } as const;
    // The slice of a Buffer is no copy.
    for (const aside of [moved.subarray(3), Buffer.from(moved.buffer, 3)])
      expect(faultBetween([{ ...at, bytes: aside }], [{ ...at, bytes }], EXACT)).toBe(undefined);
  });
});

function tensor(datatype: Datatype, values: ArrayBufferView & { length: number }, shape = [values.length]): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name: 'y', datatype, shape, bytes };
}

function strings(texts: readonly string[]): Tensor {
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    return [Uint8Array.of(bytes.byteLength, 0, 0, 0), bytes];
  });
  return { name: 'y', datatype: 'BYTES', shape: [texts.length], bytes: Buffer.concat(parts) };
}
