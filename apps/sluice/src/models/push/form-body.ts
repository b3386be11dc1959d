import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { StreamedBody } from '../client/sluice-client.js';
import type { VersionFile } from './version-files.js';

const DIGEST_LENGTH = 64;

/**
 * A `multipart/form-data` body: the fields, and each file with its sha256 behind it, which is known once it was read.
 * @param onBytes told of the bytes of files as they are read
 */
export function formBody(
  files: readonly VersionFile[],
  fields: ReadonlyMap<string, string>,
  onBytes: (bytes: number) => void,
): StreamedBody {
  const boundary = `sluice-${randomUUID()}`;
  const field = (name: string, value: string) =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}\r\n`);
  const head = ({ path }: VersionFile) =>
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(path)}"; filename="file"\r\n` +
        'content-type: application/octet-stream\r\n\r\n',
    );
  const digestField = ({ path }: VersionFile, digest: string) =>
    Buffer.concat([Buffer.from('\r\n'), field(`digest:${path}`, digest)]);
  const end = Buffer.from(`--${boundary}--\r\n`);
  const said = [...fields].map(([name, value]) => field(name, value));

  async function* content(): AsyncGenerator<Uint8Array> {
    yield* said;
    for (const each of files) {
      yield head(each);
      const hash = createHash('sha256');
      // What is added to it meanwhile would not fit into the length that was announced.
      if (each.bytes > 0)
        for await (const chunk of createReadStream(each.file, { end: each.bytes - 1 })) {
          hash.update(chunk as Buffer);
          onBytes((chunk as Buffer).byteLength);
          yield chunk as Buffer;
        }
      yield digestField(each, hash.digest('hex'));
    }
    yield end;
  }

  const parts = [...said, end, ...files.flatMap((each) => [head(each), digestField(each, '0'.repeat(DIGEST_LENGTH))])];
  const bytes =
    parts.reduce((sum, part) => sum + part.byteLength, 0) + files.reduce((sum, each) => sum + each.bytes, 0);
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes, content: Readable.from(content()) };
}

/** As browsers do. */
function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
