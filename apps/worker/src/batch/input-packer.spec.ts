import type { Tensor } from '@sluice/contracts';
import fc from 'fast-check';
import { BufferPool } from './buffer-pool.js';
import { InputPacker } from './input-packer.js';

const tensor = (name: string, rows: number, bytesPerRow: number, fill: number): Tensor => ({
  name,
  datatype: 'UINT8',
  shape: [rows, bytesPerRow],
  bytes: new Uint8Array(rows * bytesPerRow).fill(fill),
});

describe('InputPacker', () => {
  it('concatenates each input along the batch dimension, whatever arrives and however often it has to grow', () => {
    const request = fc.record({ rows: fc.integer({ min: 1, max: 5 }), fill: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 70_000 }),
        (all, width) => {
          const inputsOf = ({ rows, fill }: (typeof all)[number]) => [
            tensor('a', rows, width, fill),
            tensor('b', rows, 3, 255 - fill),
          ];
          const packer = new InputPacker(new BufferPool(), inputsOf(all[0]!), 1);
          for (const each of all) packer.append(inputsOf(each), each.rows);
          const { buffer, inputs } = packer.pack(all.length);
          const expected = ['a', 'b'].map((_, column) =>
            Buffer.concat(all.map((each) => Buffer.from(inputsOf(each)[column]!.bytes))),
          );
          const rows = all.reduce((sum, each) => sum + each.rows, 0);
          expect(inputs.map(({ shape }) => shape)).toEqual([
            [rows, width],
            [rows, 3],
          ]);
          for (const [column, { byteOffset, byteLength }] of inputs.entries()) {
            expect(byteOffset % 8).toBe(0);
            expect(Buffer.from(buffer, byteOffset, byteLength).equals(expected[column]!)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves the shape of a request alone as it is, batch dimension or not', () => {
    const scalar: Tensor = { name: 'x', datatype: 'FP32', shape: [], bytes: new Uint8Array(4) };
    const packer = new InputPacker(new BufferPool(), [scalar], 1);
    packer.append([scalar], 1);
    expect(packer.pack(1).inputs[0]?.shape).toEqual([]);
  });

  it('copies nothing twice when the first reservation was enough', () => {
    const pool = new BufferPool();
    const acquire = vi.spyOn(pool, 'acquire');
    const one = tensor('a', 1, 3136, 1);
    const packer = new InputPacker(pool, [one], 32);
    for (let row = 0; row < 32; row++) packer.append([one], 1);
    expect(packer.pack(32).inputs[0]?.byteLength).toBe(32 * 3136);
    expect(acquire).toHaveBeenCalledTimes(1);
  });
});

describe('BufferPool', () => {
  it('hands out a released buffer again', () => {
    const pool = new BufferPool();
    const first = pool.acquire(100_000);
    expect(first.byteLength).toBe(131_072);
    pool.release(first);
    expect(pool.acquire(70_000)).toBe(first);
    expect(pool.acquire(70_000)).not.toBe(first);
  });

  it('keeps no more than its bound, and none that was lost', () => {
    const pool = new BufferPool(200_000);
    const [one, two] = [pool.acquire(131_072), pool.acquire(131_072)];
    pool.release(one);
    pool.release(two);
    expect(pool.acquire(131_072)).toBe(one);
    expect(pool.acquire(131_072)).not.toBe(two);
    pool.release(new ArrayBuffer(0));
    expect(pool.acquire(0).byteLength).toBeGreaterThan(0);
  });
});
