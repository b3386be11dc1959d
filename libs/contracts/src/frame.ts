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

export function encodeFrame(header: unknown, sections: readonly Uint8Array[]): Uint8Array {
  const json = encoder.encode(JSON.stringify({ header, sections: sections.map((section) => section.byteLength) }));
  const total = sections.reduce((sum, section) => sum + section.byteLength, LENGTH_BYTES + json.byteLength);
  const frame = new Uint8Array(total);
  new DataView(frame.buffer).setUint32(0, json.byteLength, true);
  frame.set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + json.byteLength;
  for (const section of sections) {
    frame.set(section, offset);
    offset += section.byteLength;
  }
  return frame;
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
