import { decodeGoldenSet, encodeGoldenSet, type GoldenItem } from './golden-set.js';
import { encodeFrame } from './frame.js';

const X = { name: 'x', datatype: 'UINT8', shape: [1, 2], bytes: Uint8Array.of(1, 2) } as const;
const Y = { name: 'y', datatype: 'UINT8', shape: [1], bytes: Uint8Array.of(3) } as const;

describe('a golden set', () => {
  it('is read as it was written, item by item', () => {
    const items: GoldenItem[] = [
      { rows: 1, inputs: [X], outputs: [Y] },
      { rows: 1, inputs: [X, Y] },
      { rows: 2, inputs: [Y], outputs: [] },
    ];
    expect([...decodeGoldenSet(encodeGoldenSet(items))]).toEqual(items);
  });

  it.each([
    ['no frame', Uint8Array.of(1, 2, 3)],
    ['a header that is no list', encodeFrame({ rows: 1 }, [])],
    ['an item without rows', encodeFrame([{ inputs: [] }], [])],
    ['a tensor without bytes', encodeFrame([{ rows: 1, inputs: [{ name: 'x', datatype: 'UINT8', shape: [1] }] }], [])],
  ])('is not %s', (_, bytes) => {
    expect(() => [...decodeGoldenSet(bytes)]).toThrow();
  });
});
