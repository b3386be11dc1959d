import { deflateSync, gzipSync } from 'node:zlib';
import { SluiceError } from '@sluice/contracts';
import { decodeBody } from './content-encoding.js';

const BODY = Buffer.from('a body that is long enough '.repeat(20));
const MAX = BODY.byteLength;

describe('decodeBody', () => {
  it.each([
    ['nothing', undefined, BODY],
    ['identity', 'identity', BODY],
    ['gzip', 'gzip', gzipSync(BODY)],
    ['gzip in capitals', 'GZIP', gzipSync(BODY)],
    ['deflate', 'deflate', deflateSync(BODY)],
  ])('undoes %s', async (_, encoding, sent) => {
    expect(Buffer.from(await decodeBody(sent, encoding, MAX))).toEqual(BODY);
  });

  it('copies nothing that is not compressed', async () => {
    expect(await decodeBody(BODY, undefined, MAX)).toBe(BODY);
  });

  it.each([
    ['br', "content-encoding: expected one of identity, gzip, deflate, got 'br'"],
    ['gzip, gzip', "content-encoding: expected one of identity, gzip, deflate, got 'gzip, gzip'"],
    ['', "content-encoding: expected one of identity, gzip, deflate, got ''"],
  ])('refuses %j', async (encoding, message) => {
    await expect(decodeBody(BODY, encoding, MAX)).rejects.toThrow(new SluiceError('unsupported_media_type', message));
  });

  it.each([
    ['gzip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
  ])('stops one byte past the limit: %s', async (encoding, sent) => {
    await expect(decodeBody(sent, encoding, MAX - 1)).rejects.toThrow(
      expect.objectContaining({
        code: 'payload_too_large',
        message: `body: expected at most ${MAX - 1} bytes once decompressed`,
      }),
    );
  });

  it.each([
    ['cut short', 'gzip', gzipSync(BODY).subarray(0, -9)],
    ['cut in its head', 'gzip', gzipSync(BODY).subarray(0, 3)],
    ['cut short', 'deflate', deflateSync(BODY).subarray(0, -5)],
    ['plain', 'gzip', BODY],
    ['plain', 'deflate', BODY],
    ['of the other kind', 'deflate', gzipSync(BODY)],
    ['with a wrong checksum', 'gzip', Buffer.concat([gzipSync(BODY).subarray(0, -8), Buffer.alloc(8)])],
    ['empty', 'gzip', Buffer.alloc(0)],
  ])('refuses what is %s: %s', async (_, encoding, sent) => {
    await expect(decodeBody(sent, encoding, MAX)).rejects.toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringMatching(new RegExp(`^body: expected ${encoding} data, got broken ones: .+`)),
      }),
    );
  });
});
