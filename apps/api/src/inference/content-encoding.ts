import { promisify } from 'node:util';
import { gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import { messageOf, SluiceError } from '@sluice/contracts';

type Decompress = (bytes: InputType, options: ZlibOptions) => Promise<Buffer>;

const DECOMPRESSORS = new Map<string, Decompress>([
  ['gzip', promisify<InputType, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<InputType, ZlibOptions, Buffer>(inflate)],
]);
const ACCEPTED = ['identity', ...DECOMPRESSORS.keys()].join(', ');
/** Fewer, larger steps than the default of 16 KB. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Undoes a body's `Content-Encoding`. The output is counted as it grows and given up once it is too large: what a few
 * bytes could become costs no more memory than what an honest body may have.
 *
 * @param encoding as in the header; absent: none
 * @throws SluiceError unsupported_media_type; payload_too_large; invalid_request: broken, or cut short
 */
export async function decodeBody(
  body: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = (encoding ?? 'identity').toLowerCase();
  if (name === 'identity') return body;
  const decompress = DECOMPRESSORS.get(name);
  if (decompress === undefined)
    throw new SluiceError('unsupported_media_type', `content-encoding: expected one of ${ACCEPTED}, got '${name}'`);
  try {
    return await decompress(body, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES });
  } catch (error) {
    if (error instanceof RangeError)
      throw new SluiceError('payload_too_large', `body: expected at most ${maxBytes} bytes once decompressed`, {
        cause: error,
      });
    throw new SluiceError('invalid_request', `body: expected ${name} data, got broken ones: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
