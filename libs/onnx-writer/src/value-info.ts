import { ELEMENT_TYPES, type ElementType } from './element-type.js';
import type { ProtobufWriter } from './protobuf-writer.js';

/** A fixed size, or the name of a size that the request chooses; equal names mean equal sizes. */
export type Dimension = number | string;

/** An input or output of a graph: a name and what tensors may stand there. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** [] for a scalar. */
  readonly dims: readonly Dimension[];
}

/** Fields of `ValueInfoProto` and, from the outside in, of the messages it nests. */
const Field = {
  name: 1,
  type: 2,
  tensorType: 1,
  elementType: 1,
  shape: 2,
  dim: 1,
  dimValue: 1,
  dimParam: 2,
} as const;

export function writeValueInfo(writer: ProtobufWriter, { name, type, dims }: ValueInfo): void {
  writer.string(Field.name, name).message(Field.type, (typeProto) =>
    typeProto.message(Field.tensorType, (tensorType) =>
      tensorType.varint(Field.elementType, ELEMENT_TYPES[type]).message(Field.shape, (shape) => {
        for (const dim of dims) shape.message(Field.dim, (dimension) => writeDimension(dimension, dim));
      }),
    ),
  );
}

function writeDimension(writer: ProtobufWriter, dim: Dimension): void {
  if (typeof dim === 'string') writer.string(Field.dimParam, dim);
  else writer.varint(Field.dimValue, dim);
}
