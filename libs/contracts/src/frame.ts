/**
 * A frame is how structured data with tensors crosses a process boundary without a JSON pass over the tensors:
 *
 *     u32 little-endian: byte length of the header
 *     header: JSON, UTF-8; its `sections` are the byte lengths of what follows
 *     sections, one after the other
 *
 * Decoding copies nothing: the sections are views of the frame.
 */
export interface Frame<Header> {
  readonly header: Header;
  readonly sections: readonly Uint8Array[];
}

const LENGTH_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * @param within memory that may be written over. Where the sections lie in it one behind the other, with room for the rest
 *   of the frame in front of them, the frame is made around them, and nothing is copied
 */
export function encodeFrame(header: unknown, sections: readonly Uint8Array[], within?: Uint8Array): Uint8Array {
  const json = encoder.encode(JSON.stringify({ header, sections: sections.map((section) => section.byteLength) }));
  const headBytes = LENGTH_BYTES + json.byteLength;
  const total = sections.reduce((sum, section) => sum + section.byteLength, headBytes);
  const around = within && frameAround(sections, headBytes, total, within);
  const frame = around ?? new Uint8Array(total);
  new DataView(frame.buffer, frame.byteOffset).setUint32(0, json.byteLength, true);
  frame.set(json, LENGTH_BYTES);
  if (around) return frame;
  let offset = headBytes;
  for (const section of sections) {
    frame.set(section, offset);
    offset += section.byteLength;
  }
  return frame;
}

/** Where the frame would lie that has the sections in their places already; undefined when they do not lie so. */
function frameAround(
  sections: readonly Uint8Array[],
  headBytes: number,
  total: number,
  within: Uint8Array,
): Uint8Array | undefined {
  const [first] = sections;
  if (!first) return undefined;
  const start = first.byteOffset - headBytes;
  let end = first.byteOffset;
  for (const section of sections) {
    if (section.buffer !== within.buffer || section.byteOffset !== end) return undefined;
    end += section.byteLength;
  }
  if (start < within.byteOffset || end > within.byteOffset + within.byteLength) return undefined;
  return new Uint8Array(within.buffer, start, total);
}

/** @throws Error when the bytes are not a whole frame; the caller knows what it was reading and parses the header. */
export function decodeFrame(frame: Uint8Array): Frame<unknown> {
  if (frame.byteLength < LENGTH_BYTES)
    throw new Error(`a frame has at least ${LENGTH_BYTES} bytes, this has ${frame.byteLength}`);
  const headerBytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true);
  let offset = LENGTH_BYTES + headerBytes;
  if (offset > frame.byteLength)
    throw new Error(`the frame's header wants ${headerBytes} bytes, ${frame.byteLength - LENGTH_BYTES} are there`);
  const { header, sections: lengths } = JSON.parse(decoder.decode(frame.subarray(LENGTH_BYTES, offset))) as {
    header: unknown;
    sections: number[];
  };
  const sections = lengths.map((length) => frame.subarray(offset, (offset += length)));
  if (offset !== frame.byteLength)
    throw new Error(`the frame's sections want ${offset} bytes, ${frame.byteLength} are there`);
  return { header, sections };
}
