import { createHash } from 'node:crypto';
import { SluiceError } from '@sluice/contracts';
import type { IdempotencyKey } from './job-placement.js';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * What a request's `Idempotency-Key` stands for. Keys of different callers have nothing to do with each other.
 *
 * @param asked everything that makes the request another one when it differs, in parts
 * @returns undefined when the request has no key
 * @throws SluiceError invalid_request
 */
export function idempotencyKey(
  header: string | readonly string[] | undefined,
  caller: string,
  asked: readonly (string | Uint8Array | undefined)[],
): IdempotencyKey | undefined {
  if (header === undefined) return undefined;
  const key = String(header);
  if (!PRINTABLE.test(key)) {
    const found = key.length > 255 ? `${key.length} characters` : 'others';
    throw new SluiceError('invalid_request', `Idempotency-Key: expected 1 to 255 printable characters, got ${found}`);
  }
  return { digest: digestOf([caller, key]), fingerprint: digestOf(asked) };
}

/** Each part with its length before it, so that no two lists of parts look the same. */
function digestOf(parts: readonly (string | Uint8Array | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes?.byteLength ?? 'none'}:`);
    if (bytes) hash.update(bytes);
  }
  return hash.digest('base64url');
}
