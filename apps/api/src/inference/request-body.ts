import { SluiceError } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';

const EMPTY = new Uint8Array();

/**
 * The body of a request, which is to be JSON: forms of it that clients can be set up to send and that are not served
 * are refused by their name, because as JSON they would only look broken.
 *
 * @throws SluiceError unsupported_media_type, invalid_request
 */
export function requestBody({ headers, body }: FastifyRequest): Uint8Array {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new SluiceError(
      'unsupported_media_type',
      `content-encoding: expected none (compressed bodies are not served yet), got ${encoding}`,
    );
  if (headers['inference-header-content-length'] !== undefined)
    throw new SluiceError(
      'invalid_request',
      'inference-header-content-length: expected none (binary tensor data is not served yet): send "data" as JSON',
    );
  return body instanceof Uint8Array ? body : EMPTY;
}
