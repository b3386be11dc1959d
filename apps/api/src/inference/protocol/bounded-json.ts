import { isUtf8 } from 'node:buffer';
import { messageOf, SluiceError } from '@sluice/contracts';

/** What a body may contain. Its size in bytes is bounded by the HTTP layer, before it is read. */
export interface JsonLimits {
  /** Lists and objects inside each other; the outermost counts as 1. */
  readonly maxDepth: number;
  /** Values that follow another one in a list or an object: the commas. */
  readonly maxElements: number;
  /** Members of objects: the colons. */
  readonly maxMembers: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses a request's body as JSON. `JSON.parse` builds whatever it is sent, and a small body can describe a deep or a
 * scattered structure, so what it would build is counted first: one linear pass over the bytes that knows strings and
 * escapes and nothing else, and whose memory does not depend on the body.
 *
 * @throws SluiceError invalid_request: over a limit, not UTF-8, or not JSON (with the parser's own account of where)
 */
export function parseBoundedJson(body: Uint8Array, limits: JsonLimits): unknown {
  checkStructure(body, limits);
  if (!isUtf8(body))
    throw new SluiceError('invalid_request', 'body: expected JSON in UTF-8, got bytes that are not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new SluiceError('invalid_request', `body: expected JSON: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The bytes that give a JSON text its structure are never part of another character in UTF-8. They are literals here
 * because the compiler turns a switch over literals into a jump; over named constants the scan takes twice as long.
 */
function checkStructure(body: Uint8Array, { maxDepth, maxElements, maxMembers }: JsonLimits): void {
  let depth = 0;
  let commas = 0;
  let colons = 0;
  for (let at = 0; at < body.length; at++) {
    switch (body[at] ?? 0) {
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth)
          throw new SluiceError('invalid_request', `body: nested deeper than ${maxDepth} levels at byte ${at}`);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        if (++commas > maxElements)
          throw new SluiceError('invalid_request', `body: more than ${maxElements} values at byte ${at}`);
        break;
      case 0x3a: // :
        if (++colons > maxMembers)
          throw new SluiceError('invalid_request', `body: more than ${maxMembers} object members at byte ${at}`);
        break;
      case 0x22: // "
        at = closingQuote(body, at + 1);
        break;
      default:
    }
  }
}

/** Where the string that starts at `at` ends; the body's length when it does not, which `JSON.parse` then refuses. */
function closingQuote(body: Uint8Array, at: number): number {
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}
