import type { ProtobufWriter } from './protobuf-writer.js';
import { type TensorValue, writeTensor } from './tensor-value.js';

/**
 * The value of a node's attribute. Its kind is spelled out because a number cannot tell: `alpha: 1` of a Gemm must be
 * written as a float, `axis: 1` as an int, and the runtime refuses a model that has them the wrong way round.
 */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorValue };

export type Attributes = Readonly<Record<string, Attribute>>;

/** Fields of `AttributeProto`. */
const Field = { name: 1, f: 2, i: 3, s: 4, t: 5, floats: 7, ints: 8, type: 20 } as const;

/** `AttributeProto.AttributeType`. */
const Kind = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

export function writeAttribute(writer: ProtobufWriter, name: string, value: Attribute): void {
  writer.string(Field.name, name);
  if ('int' in value) {
    writer.varint(Field.i, value.int).varint(Field.type, Kind.int);
  } else if ('float' in value) {
    writer.float(Field.f, value.float).varint(Field.type, Kind.float);
  } else if ('string' in value) {
    writer.string(Field.s, value.string).varint(Field.type, Kind.string);
  } else if ('ints' in value) {
    for (const int of value.ints) writer.varint(Field.ints, int);
    writer.varint(Field.type, Kind.ints);
  } else if ('floats' in value) {
    for (const float of value.floats) writer.float(Field.floats, float);
    writer.varint(Field.type, Kind.floats);
  } else {
    writer.message(Field.t, (tensor) => writeTensor(tensor, value.tensor)).varint(Field.type, Kind.tensor);
  }
}
