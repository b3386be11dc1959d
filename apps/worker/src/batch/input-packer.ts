import type { Tensor } from '@sluice/contracts';
import type { PackedTensor } from '@sluice/inference-engine';
import type { BufferPool } from './buffer-pool.js';

interface Column {
  readonly first: Tensor;
  offset: number;
  capacity: number;
  length: number;
}

const ALIGNMENT = 8;
/** Room that a first request reserves for those that follow it, as long as it costs no more than this. */
const EAGER_BYTES = 1024 * 1024;

/**
 * Concatenates the inputs of requests along the batch dimension, each input in a column of one pooled buffer, **as the
 * requests arrive**: the copying happens while the device is busy, and none is left to do when it becomes free.
 * A column that is full doubles, which moves the others once.
 */
export class InputPacker {
  private readonly columns: Column[];
  private buffer: ArrayBuffer;
  private bytes: Uint8Array;
  private rows = 0;

  /** `maxRows` is a hint for the first reservation. */
  constructor(
    private readonly pool: BufferPool,
    first: readonly Tensor[],
    maxRows: number,
  ) {
    const firstBytes = first.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    const reserve = Math.max(1, Math.min(maxRows, Math.floor(EAGER_BYTES / Math.max(1, firstBytes))));
    this.columns = first.map((tensor) => ({
      first: tensor,
      offset: 0,
      capacity: align(tensor.bytes.byteLength * reserve),
      length: 0,
    }));
    this.buffer = pool.acquire(this.layOut());
    this.bytes = new Uint8Array(this.buffer);
  }

  /** The request's inputs have the names, the order and, but for the first dimension, the shapes of the first one. */
  append(inputs: readonly Tensor[], rows: number): void {
    for (const [index, { bytes }] of inputs.entries()) {
      const column = this.columns[index];
      if (!column) throw new Error(`a request with ${inputs.length} inputs joined a batch of ${this.columns.length}`);
      if (column.length + bytes.byteLength > column.capacity) this.grow(column, column.length + bytes.byteLength);
      this.bytes.set(bytes, column.offset + column.length);
      column.length += bytes.byteLength;
    }
    this.rows += rows;
  }

  /** What the engine takes. A batch of one request keeps its shape, batch dimension or not. */
  pack(requests: number): { readonly buffer: ArrayBuffer; readonly inputs: readonly PackedTensor[] } {
    const inputs = this.columns.map(({ first: { name, datatype, shape }, offset, length }) => ({
      name,
      datatype,
      shape: requests === 1 ? shape : [this.rows, ...shape.slice(1)],
      byteOffset: offset,
      byteLength: length,
    }));
    return { buffer: this.buffer, inputs };
  }

  /** Gives the buffer back when the batch is not going to run. */
  discard(): void {
    this.pool.release(this.buffer);
  }

  private grow(column: Column, needed: number): void {
    const old = this.columns.map(({ offset, length }) => this.bytes.subarray(offset, offset + length));
    column.capacity = align(Math.max(needed, column.capacity * 2));
    const outgrown = this.buffer;
    this.buffer = this.pool.acquire(this.layOut());
    this.bytes = new Uint8Array(this.buffer);
    for (const [index, content] of old.entries()) this.bytes.set(content, this.columns[index]?.offset);
    this.pool.release(outgrown);
  }

  /** Places the columns one after the other. Returns the bytes they take. */
  private layOut(): number {
    let end = 0;
    for (const column of this.columns) {
      column.offset = end;
      end += column.capacity;
    }
    return end;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
