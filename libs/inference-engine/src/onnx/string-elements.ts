const LENGTH_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The runtime's strings are text, so BYTES must be UTF-8 here.
 * @throws Error when the bytes are not exactly `count` elements, or one is not UTF-8
 */
export function decodeStrings(bytes: Uint8Array, count: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: string[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    if (offset + LENGTH_BYTES > bytes.byteLength) throw new Error('its last element has no whole length field');
    const start = offset + LENGTH_BYTES;
    offset = start + view.getUint32(offset, true);
    if (offset > bytes.byteLength) throw new Error(`element ${strings.length} reaches past the end`);
    strings.push(decode(bytes.subarray(start, offset), strings.length));
  }
  if (strings.length !== count) throw new Error(`it has ${strings.length} elements, its shape wants ${count}`);
  return strings;
}

export function encodeStrings(strings: readonly string[]): Uint8Array<ArrayBuffer> {
  const elements = strings.map((string) => encoder.encode(string));
  const bytes = new Uint8Array(elements.reduce((sum, { byteLength }) => sum + LENGTH_BYTES + byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const element of elements) {
    view.setUint32(offset, element.byteLength, true);
    bytes.set(element, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + element.byteLength;
  }
  return bytes;
}

function decode(element: Uint8Array, index: number): string {
  try {
    return decoder.decode(element);
  } catch (error) {
    throw new Error(`element ${index} is not UTF-8, and the runtime's strings are text`, { cause: error });
  }
}
