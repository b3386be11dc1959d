import type { Tensor } from 'onnxruntime-node';
import type { Datatype } from '@sluice/contracts';

/** BF16 is missing: onnxruntime-node refuses models that have it at their edge. */
const PAIRS: readonly (readonly [Datatype, Tensor.Type])[] = [
  ['BOOL', 'bool'],
  ['UINT8', 'uint8'],
  ['UINT16', 'uint16'],
  ['UINT32', 'uint32'],
  ['UINT64', 'uint64'],
  ['INT8', 'int8'],
  ['INT16', 'int16'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['FP16', 'float16'],
  ['FP32', 'float32'],
  ['FP64', 'float64'],
  ['BYTES', 'string'],
];
const TO_ORT = new Map(PAIRS);
const FROM_ORT = new Map(PAIRS.map(([datatype, type]) => [type, datatype]));

/** @returns undefined for a type that is not served */
export function datatypeOf(type: Tensor.Type): Datatype | undefined {
  return FROM_ORT.get(type);
}

/** @returns undefined for a datatype that the runtime does not take */
export function ortTypeOf(datatype: Datatype): Tensor.Type | undefined {
  return TO_ORT.get(datatype);
}
