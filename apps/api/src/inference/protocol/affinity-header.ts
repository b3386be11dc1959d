import { invalidField, quote } from './invalid-field.js';

/** Our own: requests with the same key have state in common, and are better off on the worker that has it. */
export const AFFINITY_HEADER = 'x-sluice-affinity';

const KEY = /^[\x21-\x7e]{1,256}$/;

/**
 * @param header as it was sent; undefined: it was not
 * @throws SluiceError invalid_request
 */
export function readAffinity(header: string | undefined): string | undefined {
  if (header === undefined || KEY.test(header)) return header;
  const shown = header.length > 64 ? `${header.slice(0, 64)}…` : header;
  throw invalidField({ path: AFFINITY_HEADER }, '1 to 256 visible ASCII characters without spaces', quote(shown));
}
