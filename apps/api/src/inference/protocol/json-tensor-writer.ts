import { elementBytes, elementCount, SluiceError, type Tensor } from '@sluice/contracts';
import { writeFloat32List } from './float32-list.js';
import { quote } from './invalid-field.js';
import { isJsonDatatype, type JsonDatatype, NO_JSON_FORM } from './json-datatype.js';

/** A tensor's elements as the text of a flat JSON list. The tensor's bytes are whole and aligned. */
type ElementWriter = (tensor: Tensor) => string;

interface ViewConstructor<View> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): View;
}

const LENGTH_BYTES = 4;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Integers are joined by the typed array itself, which for 64 bits prints every digit; doubles go through
 * `JSON.stringify`, which is twice as fast. Minus zero is written as 0.
 */
const ELEMENT_WRITERS: Readonly<Record<JsonDatatype, ElementWriter>> = {
  BOOL: ({ bytes }) => `[${Array.from(bytes, (byte) => byte !== 0).join(',')}]`,
  UINT8: integers(Uint8Array),
  UINT16: integers(Uint16Array),
  UINT32: integers(Uint32Array),
  UINT64: integers(BigUint64Array),
  INT8: integers(Int8Array),
  INT16: integers(Int16Array),
  INT32: integers(Int32Array),
  INT64: integers(BigInt64Array),
  FP32: floats(Float32Array, writeFloat32List),
  FP64: floats(Float64Array, (values) => JSON.stringify(Array.from(values))),
  BYTES: writeStrings,
};

/**
 * Writes an output's elements as flat JSON, row-major.
 *
 * @throws SluiceError inference_failed: JSON cannot carry it (NaN, an infinity, a string that is not UTF-8, a half
 *   float). Triton fails such a reply as well; null in place of a number would be a lie.
 * @throws SluiceError internal: the bytes are not what the shape says
 */
export function writeJsonTensor(tensor: Tensor): string {
  const { name, datatype, shape, bytes } = tensor;
  if (!isJsonDatatype(datatype))
    throw new SluiceError('inference_failed', `output ${quote(name)}: ${datatype} ${NO_JSON_FORM}`);
  const size = elementBytes(datatype);
  if (size !== undefined && bytes.byteLength !== size * elementCount(shape)) throw brokenTensor(tensor);
  // A section of a frame starts at any byte; a view of wider elements does not.
  const aligned = bytes.byteOffset % (size ?? 1) === 0 ? bytes : new Uint8Array(bytes);
  return ELEMENT_WRITERS[datatype]({ ...tensor, bytes: aligned });
}

function integers(view: ViewConstructor<{ join(separator: string): string }>): ElementWriter {
  return ({ bytes }) => `[${viewOf(view, bytes).join(',')}]`;
}

function floats<View extends Float32Array | Float64Array>(
  view: ViewConstructor<View>,
  write: (values: View) => string,
): ElementWriter {
  return ({ name, bytes }) => {
    const values = viewOf(view, bytes);
    for (let index = 0; index < values.length; index++)
      if (!Number.isFinite(values[index])) throw noJsonForm(name, `${values[index]} at element ${index}`);
    return write(values);
  };
}

function writeStrings(tensor: Tensor): string {
  const { name, shape, bytes } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: string[] = [];
  let offset = 0;
  while (offset + LENGTH_BYTES <= bytes.byteLength) {
    const end = offset + LENGTH_BYTES + view.getUint32(offset, true);
    try {
      strings.push(utf8.decode(bytes.subarray(offset + LENGTH_BYTES, end)));
    } catch {
      throw noJsonForm(name, `bytes that are not UTF-8 at element ${strings.length}`);
    }
    offset = end;
  }
  if (offset !== bytes.byteLength || strings.length !== elementCount(shape)) throw brokenTensor(tensor);
  return JSON.stringify(strings);
}

function viewOf<View>(constructor: ViewConstructor<View>, bytes: Uint8Array): View {
  return new constructor(bytes.buffer, bytes.byteOffset, bytes.byteLength / constructor.BYTES_PER_ELEMENT);
}

function noJsonForm(name: string, what: string): SluiceError {
  return new SluiceError(
    'inference_failed',
    `output ${quote(name)} holds ${what}, which JSON cannot carry; only binary tensor data could`,
  );
}

function brokenTensor({ name, datatype, shape, bytes }: Tensor): SluiceError {
  return new SluiceError(
    'internal',
    `output ${quote(name)}: ${bytes.byteLength} bytes are not a ${datatype} tensor of shape [${shape.join(',')}]`,
  );
}
