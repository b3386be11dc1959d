import { BufferPool } from '../../../apps/worker/src/batch/buffer-pool.js';

/** Knows which buffers are out, and notices one that comes back twice: two batches would then share it. */
export class CountingBufferPool extends BufferPool {
  private readonly inside = new Set<ArrayBuffer>();

  constructor(private readonly onTwice: () => void) {
    super();
  }

  override acquire(minBytes: number): ArrayBuffer {
    const buffer = super.acquire(minBytes);
    this.inside.delete(buffer);
    return buffer;
  }

  override release(buffer: ArrayBuffer): void {
    if (this.inside.has(buffer)) this.onTwice();
    if (buffer.byteLength > 0) this.inside.add(buffer);
    super.release(buffer);
  }
}
