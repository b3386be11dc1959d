import { Tensor as OrtTensor } from 'onnxruntime-node';
import { elementCount, messageOf, SluiceError, type Tensor } from '@sluice/contracts';
import type { PackedTensor } from '../inference-engine.js';
import { typedView } from '../typed-view.js';
import { decodeStrings, encodeStrings } from './string-elements.js';
import { datatypeOf, ortTypeOf } from './ort-datatype.js';

/**
 * A packed input for the runtime: a view of the batch's buffer, which the runtime reads where it lies. (Strings are the
 * exception: they are decoded.)
 * @throws SluiceError inference_failed
 */
export function toOrtTensor(input: PackedTensor, buffer: ArrayBuffer): OrtTensor {
  const { name, datatype, shape, byteOffset, byteLength } = input;
  const count = elementCount(shape);
  if (datatype === 'BYTES') {
    try {
      return new OrtTensor('string', decodeStrings(new Uint8Array(buffer, byteOffset, byteLength), count), shape);
    } catch (error) {
      throw new SluiceError('inference_failed', `input ${name}: ${messageOf(error)}`, { cause: error });
    }
  }
  const type = ortTypeOf(datatype);
  if (!type) throw new SluiceError('inference_failed', `input ${name}: the runtime takes no ${datatype}`);
  const view = typedView(datatype, buffer, byteOffset, count);
  const tensor = new OrtTensor(type, view, shape);
  // Where there is a Float16Array (Node 24) the tensor wraps the view in one, which the native side takes for empty:
  // microsoft/onnxruntime#32323.
  if (datatype === 'FP16') Object.defineProperty(tensor, 'data', { value: view });
  return tensor;
}

/**
 * An output of a run. Its bytes are the array that the runtime made for it, which nobody else holds.
 * @throws SluiceError inference_failed
 */
export function fromOrtTensor(name: string, { type, dims, data }: OrtTensor): Tensor {
  const datatype = datatypeOf(type);
  if (!datatype) throw new SluiceError('inference_failed', `output ${name} is of type ${type}, which is not served`);
  const bytes = Array.isArray(data)
    ? encodeStrings(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, datatype, shape: dims, bytes };
}
