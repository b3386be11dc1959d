import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { messageOf, SluiceError } from '@sluice/contracts';
import { isFieldName, type UploadPart } from './upload-part.js';

/** A model whose weights were exported one file each has hundreds, each perhaps with its digest. */
const MAX_PARTS = 10_000;
/** Of the values of all fields; the longest is a `config.json`. */
const MAX_FIELD_BYTES = 1024 * 1024;

/**
 * The parts of a `multipart/form-data` body, in their order. The content of a file is to be read before the next part is
 * asked for; whoever stops leaves the rest of the body unread.
 *
 * @param contentType with the boundary
 * @throws SluiceError invalid_request for what is no such body, or has too many parts; the body's own error
 */
export async function* formParts(body: Readable, contentType: string): AsyncGenerator<UploadPart> {
  const arrived: UploadPart[] = [];
  const reading: { state: 'open' | 'ended' | Error; file?: Readable; wake: () => void } = { state: 'open', wake() {} };
  let fieldBytes = 0;
  const tell = (next?: 'ended' | Error) => {
    if (next !== undefined && reading.state === 'open') reading.state = next;
    if (next instanceof Error) reading.file?.destroy(next);
    reading.wake();
  };
  const push = (part: UploadPart) => {
    arrived.push(part);
    tell();
  };
  const form = open(contentType);
  form.on('field', (name: string, value: string, _isNameCut: boolean, isValueCut: boolean) => {
    fieldBytes += Buffer.byteLength(value);
    if (isValueCut || fieldBytes > MAX_FIELD_BYTES)
      tell(invalid(`the fields that are no files have more than ${MAX_FIELD_BYTES} bytes, at ${name}`));
    else push({ kind: 'field', name, value });
  });
  form.on('file', (name: string, content: Readable) => {
    // Whoever reads it hears of its errors; one that comes before that is told by `state`.
    content.on('error', () => {});
    reading.file = content;
    push({ kind: 'file', path: name, content: explained(content) });
  });
  form.on('partsLimit', () => tell(invalid(`it has more than ${MAX_PARTS} parts`)));
  form.on('finish', () => tell('ended'));
  form.on('error', (error: unknown) => tell(invalid(messageOf(error))));
  body.once('error', tell);
  body.pipe(form);
  try {
    for (;;) {
      const part = arrived.shift();
      if (part) yield part;
      else if (reading.state instanceof Error) throw reading.state;
      else if (reading.state === 'ended') return;
      else await new Promise<void>((resolve) => (reading.wake = resolve));
    }
  } finally {
    body.unpipe(form);
    reading.file?.destroy();
  }
}

/** What ends a file too early is wrong with the form, unless it is known better. */
async function* explained(content: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* content as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw error instanceof SluiceError ? error : invalid(messageOf(error));
  }
}

function open(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: MAX_PARTS, fieldSize: MAX_FIELD_BYTES },
      // `curl -F config=@config.json` sends a small file where a field is meant.
      isPartAFile: (name, _type, fileName) => fileName !== undefined && !isFieldName(name ?? ''),
    });
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(why: string): SluiceError {
  return new SluiceError('invalid_request', `body: expected multipart/form-data, but ${why}`);
}
