import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { formParts } from './form-parts.js';
import type { UploadPart } from './upload-part.js';

const weights = randomBytes(200_000);

async function bodyOf(form: FormData): Promise<{ bytes: Buffer; contentType: string }> {
  const response = new Response(form);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { bytes, contentType: response.headers.get('content-type') ?? '' };
}

function fullForm(): FormData {
  const form = new FormData();
  form.append('origin', 'here');
  form.append('weights/größe.bin', new Blob([weights]), 'any');
  form.append('config', new Blob(['{}']), 'config.json');
  form.append('model.onnx', new Blob([]), 'best.onnx');
  return form;
}

/** Reads each part to its end, as whoever stores it does. */
async function read(parts: AsyncIterable<UploadPart>): Promise<(readonly [string, Buffer | string])[]> {
  const all: (readonly [string, Buffer | string])[] = [];
  for await (const part of parts)
    if (part.kind === 'field') all.push([part.name, part.value]);
    else {
      const chunks: Uint8Array[] = [];
      for await (const chunk of part.content) chunks.push(chunk);
      all.push([part.path, Buffer.concat(chunks)]);
    }
  return all;
}

function inPieces(bytes: Buffer, size: number): Readable {
  const count = Math.ceil(bytes.byteLength / size);
  return Readable.from(Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size)));
}

describe('the parts of a form', () => {
  it.each([7_000, 64 * 1024, 1_000_000])('are files and fields in their order, %i bytes at a time', async (size) => {
    const { bytes, contentType } = await bodyOf(fullForm());
    expect(await read(formParts(inPieces(bytes, size), contentType))).toEqual([
      ['origin', 'here'],
      ['weights/größe.bin', weights],
      ['config', '{}'],
      ['model.onnx', Buffer.alloc(0)],
    ]);
  });

  it('fail where the body does, in the middle of a file', async () => {
    const { bytes, contentType } = await bodyOf(fullForm());
    const body = new PassThrough();
    body.write(bytes.subarray(0, 100_000));
    const reading = read(formParts(body, contentType));
    // Some of the file is there, and the rest does not come.
    setImmediate(() => body.destroy(new Error('the client hung up')));
    await expect(reading).rejects.toThrow('the client hung up');
  });

  it.each([1_000, 150_000])('are refused when the body ends after %i bytes', async (length) => {
    const { bytes, contentType } = await bodyOf(fullForm());
    const cut = Readable.from([bytes.subarray(0, length)]);
    await expect(read(formParts(cut, contentType))).rejects.toThrow(/^body: expected multipart\/form-data, but/);
  });

  it('are refused when fields have too many bytes, and without a boundary', async () => {
    const form = new FormData();
    for (const part of ['config', 'origin']) form.append(part, 'x'.repeat(600_000));
    const { bytes, contentType } = await bodyOf(form);
    await expect(read(formParts(Readable.from([bytes]), contentType))).rejects.toThrow(
      /the fields that are no files have more than 1048576 bytes/,
    );
    await expect(read(formParts(Readable.from([]), 'multipart/form-data'))).rejects.toThrow(/Boundary not found/);
  });

  it('leave the rest unread when nobody asks for it', async () => {
    const { bytes, contentType } = await bodyOf(fullForm());
    const body = inPieces(bytes, 1_000);
    for await (const part of formParts(body, contentType)) {
      expect(part.kind).toBe('field');
      break;
    }
    expect(body.listenerCount('data')).toBe(0);
  });
});
