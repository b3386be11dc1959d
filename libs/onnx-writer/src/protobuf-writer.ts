/** How a field's payload is delimited: https://protobuf.dev/programming-guides/encoding/#structure */
const WireType = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

const utf8 = new TextEncoder();

/**
 * Writes one Protocol Buffers message, field by field; fields are known by their number in the `.proto` file.
 *
 * Chunks are kept by reference and copied once, in `finish`, however deep the messages nest: the obvious way, a
 * concatenation per nesting level, copies the weights of a model as often as they are nested. What is passed to `bytes`
 * must therefore not change before `finish`.
 */
export class ProtobufWriter {
  private readonly chunks: Uint8Array[] = [];
  private byteLength = 0;

  /** An int32, int64, uint64, bool or enum field. Negative numbers take ten bytes, as the format wants it. */
  varint(field: number, value: number | bigint): this {
    return this.tag(field, WireType.varint).append(encodeVarint(value));
  }

  /** A float field (32 bits). */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(Float32Array.BYTES_PER_ELEMENT);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.tag(field, WireType.fixed32).append(bytes);
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.tag(field, WireType.lengthDelimited).append(encodeVarint(value.byteLength)).append(value);
  }

  /** A nested message. */
  message(field: number, write: (nested: ProtobufWriter) => void): this {
    const nested = new ProtobufWriter();
    write(nested);
    this.tag(field, WireType.lengthDelimited).append(encodeVarint(nested.byteLength));
    for (const chunk of nested.chunks) this.append(chunk);
    return this;
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.byteLength);
    let offset = 0;
    for (const chunk of this.chunks) {
      message.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return message;
  }

  private tag(field: number, wireType: number): this {
    return this.append(encodeVarint((field << 3) | wireType));
  }

  private append(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.byteLength += chunk.byteLength;
    return this;
  }
}

/** Seven bits a byte, the least significant first; the top bit says that more follow. */
function encodeVarint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
