import { BufferPool } from '../../../apps/worker/src/batch/buffer-pool.js';

/** The plain obvious code: a new buffer for every batch, of the size that it needs, left to the garbage collector. */
export class PlainBuffers extends BufferPool {
  override acquire(minBytes: number): ArrayBuffer {
    return new ArrayBuffer(minBytes);
  }

  override release(): void {}
}
