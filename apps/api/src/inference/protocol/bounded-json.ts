import { isUtf8 } from 'node:buffer';
import { messageOf, SluiceError } from '@sluice/contracts';
import { scanNumberList, type NumberList } from './number-list.js';

/** What a body may contain. Its size in bytes is bounded by the HTTP layer, before it is read. */
export interface JsonLimits {
  /** Lists and objects inside each other; the outermost counts as 1. */
  readonly maxDepth: number;
  /** Values that follow another one in a list or an object: the commas. */
  readonly maxElements: number;
  /** Members of objects: the colons. */
  readonly maxMembers: number;
}

/** A list of numbers that was read already, and where it stood. */
interface FoundList {
  readonly list: NumberList;
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Of the name, with its quotes, whose list of numbers is read from the bytes: it is most of a body. */
const DATA_LENGTH = '"data"'.length;
/** How a text stands for a list: no string has a NUL, but for one that escapes it so. */
const NUL = '\\u0000';

/**
 * Parses a request's body as JSON. `JSON.parse` builds whatever it is sent, and a small body can describe a deep or a
 * scattered structure, so what it would build is counted first: one linear pass over the bytes that knows strings and
 * escapes and nothing else, and whose memory does not depend on the body. The numbers of `"data"` are read in that pass,
 * and `JSON.parse` gets what is left.
 *
 * @returns as `JSON.parse`, but for members `data` that are lists of numbers: each may be a `NumberList`
 * @throws SluiceError invalid_request: over a limit, not UTF-8, or not JSON (with the parser's own account of where)
 */
export function parseBoundedJson(body: Uint8Array, limits: JsonLimits): unknown {
  const found = checkStructure(body, limits);
  if (!isUtf8(body))
    throw new SluiceError('invalid_request', 'body: expected JSON in UTF-8, got bytes that are not UTF-8');
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const rest = found.length > 0 ? withoutLists(buffer, found) : undefined;
  if (rest !== undefined) {
    try {
      return putBack(JSON.parse(rest), found);
    } catch {
      // The whole text is no JSON either, and says where.
    }
  }
  try {
    return JSON.parse(buffer.toString('utf8')) as unknown;
  } catch (error) {
    throw new SluiceError('invalid_request', `body: expected JSON: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The bytes that give a JSON text its structure are never part of another character in UTF-8. They are literals here
 * because the compiler turns a switch over literals into a jump; over named constants the scan takes twice as long.
 */
function checkStructure(body: Uint8Array, { maxDepth, maxElements, maxMembers }: JsonLimits): readonly FoundList[] {
  const found: FoundList[] = [];
  let depth = 0;
  let commas = 0;
  let colons = 0;
  /** Where the colon of a member `data` has to be. */
  let dataColon = -1;
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
        if (at === dataColon) {
          const start = firstOther(body, at + 1);
          const scanned = scanNumberList(body, start, maxDepth - depth, maxElements - commas);
          if (!scanned) break;
          found.push({ list: scanned.list, start, end: scanned.end });
          commas += scanned.commas;
          at = scanned.end - 1;
        }
        break;
      case 0x22: // "
        if (isData(body, at + 1)) dataColon = firstOther(body, at + DATA_LENGTH);
        at = closingQuote(body, at + 1);
        break;
      default:
    }
  }
  return found;
}

/** Where the string that starts at `at` ends; the body's length when it does not, which `JSON.parse` then refuses. */
function closingQuote(body: Uint8Array, at: number): number {
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Behind a quote: `data` and the other quote. */
function isData(body: Uint8Array, at: number): boolean {
  return (
    body[at] === 0x64 &&
    body[at + 1] === 0x61 &&
    body[at + 2] === 0x74 &&
    body[at + 3] === 0x61 &&
    body[at + 4] === QUOTE
  );
}

function firstOther(body: Uint8Array, at: number): number {
  for (;;) {
    const byte = body[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** The text with a string in place of each list; undefined when it has such strings of its own. */
function withoutLists(body: Buffer, found: readonly FoundList[]): string | undefined {
  let text = '';
  let at = 0;
  for (const [index, { start, end }] of found.entries()) {
    const between = body.toString('utf8', at, start);
    if (between.includes(NUL)) return undefined;
    text += `${between}"${NUL}${index}"`;
    at = end;
  }
  const last = body.toString('utf8', at);
  return last.includes(NUL) ? undefined : text + last;
}

/** The lists in place of their strings, wherever in the value they are. It is as deep as the limits allow. */
function putBack(value: unknown, found: readonly FoundList[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const item of value) putBack(item, found);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(members)) {
    const stands = typeof member === 'string' && member.startsWith('\0');
    if (stands) members[name] = found[Number(member.slice(1))]?.list;
    else putBack(member, found);
  }
  return value;
}
