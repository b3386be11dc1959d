import { BufferPool } from './buffer-pool.js';

describe('the pool of buffers', () => {
  it('hands out what was released, in the next larger size', () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(70_000);
    expect(buffer.byteLength).toBe(131_072);
    pool.release(buffer);
    expect(pool.keptBytes).toBe(131_072);
    expect(pool.acquire(100_000)).toBe(buffer);
    expect(pool.keptBytes).toBe(0);
  });

  it('keeps no more than its bound', () => {
    const pool = new BufferPool(100_000);
    const buffers = [pool.acquire(1), pool.acquire(1)];
    for (const buffer of buffers) pool.release(buffer);
    expect(pool.keptBytes).toBe(65_536);
  });

  it('counts what is in use, also of buffers that were lost in an engine', () => {
    const pool = new BufferPool();
    const [kept, lost] = [pool.acquire(1), pool.acquire(1)];
    expect(pool.outstanding).toBe(2);
    structuredClone(lost, { transfer: [lost] });
    pool.release(lost);
    pool.release(kept);
    expect(pool).toMatchObject({ outstanding: 0, keptBytes: 65_536 });
  });
});
