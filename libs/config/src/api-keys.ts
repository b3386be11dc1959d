import { createHash } from 'node:crypto';

/** `infer`: models and the caller's own jobs. `admin`: everything. */
export type Role = 'infer' | 'admin';

/** What one key may use of one API process. Infinity: as much as there is. */
export interface KeyLimits {
  readonly requestsPerSecond: number;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Bytes of the bodies of requests in flight. */
  readonly queuedBytes: number;
}

export interface ApiKey {
  /** Who uses the key; what logs and jobs say. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the key, 32 bytes: the key itself is not kept. */
  readonly digest: Uint8Array;
  /** Those that the key names; the others are the defaults. */
  readonly limits: Partial<KeyLimits>;
}

const SHORTEST_KEY = 16;
const DIGEST = /^sha256=(?<hex>[0-9a-f]{64})$/i;
const LIMIT_NAMES: readonly string[] = [
  'requestsPerSecond',
  'concurrency',
  'queuedBytes',
] satisfies (keyof KeyLimits)[];

/**
 * Keys in text: `name:role:key` or `name:role:key:limit=value,limit=value`, each on a line of its own or behind a `;`.
 * Instead of the key its digest may stand there: `sha256=` and 64 hexadecimal digits. A line that begins with `#` is a
 * comment.
 *
 * @throws Error that names the entries that are wrong, never a key
 */
export function parseApiKeys(text: string): ApiKey[] {
  const entries = text
    .split(/\r?\n/)
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(';'))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw new Error('there is no key in it, expected at least one line name:role:key');
  const keys = entries.map(parseEntry);
  for (const [index, { name, digest }] of keys.entries()) {
    const earlier = keys.slice(0, index);
    if (earlier.some((key) => key.name === name)) throw fault(index, name, 'another entry has this name');
    const twin = earlier.find((key) => Buffer.from(key.digest).equals(digest));
    if (twin) throw fault(index, name, `it has the key of ${twin.name}`);
  }
  return keys;
}

function parseEntry(entry: string, index: number): ApiKey {
  const [name = '', role, key = '', limits = '', ...rest] = entry.split(':').map((field) => field.trim());
  // What is no name may be a key in the wrong place: it is not repeated.
  if (!/^[a-z][\w.-]{0,63}$/i.test(name) || role === undefined)
    throw fault(index, undefined, 'expected name:role:key, the name beginning with a letter');
  if (role !== 'infer' && role !== 'admin')
    throw fault(index, undefined, 'expected name:role:key, the role being infer or admin');
  if (rest.length > 0) throw fault(index, name, 'expected name:role:key:limits and no further colon');
  return { name, role, digest: digestOf(key, index, name), limits: parseLimits(limits, index, name) };
}

function digestOf(key: string, index: number, name: string): Uint8Array {
  const hex = DIGEST.exec(key)?.groups?.['hex'];
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  if (key.startsWith('sha256=')) throw fault(index, name, 'expected 64 hexadecimal digits after sha256=');
  if (!/^[\x21-\x7e]*$/.test(key)) throw fault(index, name, 'expected a key of ASCII characters without spaces');
  if (key.length < SHORTEST_KEY)
    throw fault(index, name, `the key has ${key.length} characters, expected at least ${SHORTEST_KEY}`);
  return createHash('sha256').update(key).digest();
}

function parseLimits(text: string, index: number, name: string): Partial<KeyLimits> {
  const limits = text.split(',').filter((limit) => limit.trim() !== '');
  return Object.fromEntries(
    limits.map((limit) => {
      const [what = '', amount] = limit.split('=').map((part) => part.trim());
      const value = Number(amount);
      if (!LIMIT_NAMES.includes(what))
        throw fault(index, name, `${what} is no limit, expected ${LIMIT_NAMES.join(', ')}`);
      const isRight = value > 0 && (what === 'requestsPerSecond' ? value < Infinity : Number.isSafeInteger(value));
      if (!isRight) throw fault(index, name, `${what}: expected a number above 0`);
      return [what, value];
    }),
  );
}

function fault(index: number, name: string | undefined, message: string): Error {
  return new Error(`entry ${index + 1}${name === undefined ? '' : ` (${name})`}: ${message}`);
}
