import type { Tensor } from '@sluice/contracts';
import type { PackedBatch, PackedTensor } from './inference-engine.js';

const ALIGNMENT = 8;

/**
 * Packs the inputs of one run, as they are, into a buffer of their own: for what is run alone, e.g. a golden input or a
 * profile. (Batches of many requests are packed into pooled buffers by the worker.)
 */
export function packBatch(inputs: readonly Tensor[], outputs: readonly string[]): PackedBatch {
  let end = 0;
  const packed = inputs.map(({ name, datatype, shape, bytes }): PackedTensor => {
    const byteOffset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = byteOffset + bytes.byteLength;
    return { name, datatype, shape, byteOffset, byteLength: bytes.byteLength };
  });
  const buffer = new ArrayBuffer(end);
  for (const [index, { bytes }] of inputs.entries())
    new Uint8Array(buffer, packed[index]?.byteOffset, bytes.byteLength).set(bytes);
  return { buffer, inputs: packed, outputs };
}
