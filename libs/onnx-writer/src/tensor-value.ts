import { ELEMENT_TYPES, type ElementData, type ElementType } from './element-type.js';
import type { ProtobufWriter } from './protobuf-writer.js';

/** A tensor whose elements are known when the model is built: a weight, a constant, an attribute. */
export interface TensorValue<T extends ElementType = ElementType> {
  readonly type: T;
  /** [] for a scalar. */
  readonly dims: readonly number[];
  /** Row-major; as many elements as `dims` say. */
  readonly data: ElementData[T];
}

/** Fields of `TensorProto`. */
const Field = { dims: 1, dataType: 2, stringData: 6, name: 8, rawData: 9 } as const;

/** @throws Error when the data has not as many elements as the dims say */
export function writeTensor(writer: ProtobufWriter, { type, dims, data }: TensorValue, name?: string): void {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== count)
    throw new Error(`${name ?? 'a tensor'} of dims [${dims.join(', ')}] has ${count} elements, not ${data.length}`);
  for (const dim of dims) writer.varint(Field.dims, dim);
  writer.varint(Field.dataType, ELEMENT_TYPES[type]);
  if (name !== undefined) writer.string(Field.name, name);
  // raw_data is little-endian by definition, and so is every platform that onnxruntime-node is published for.
  if (ArrayBuffer.isView(data))
    writer.bytes(Field.rawData, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  else for (const text of data) writer.string(Field.stringData, text);
}
