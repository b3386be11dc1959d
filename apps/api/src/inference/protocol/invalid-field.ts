import { SluiceError } from '@sluice/contracts';
import { NumberList } from './number-list.js';

/** Where in the request something is: `inputs[0].shape`, and the tensor's own name once it is known. */
export interface Field {
  readonly path: string;
  readonly of?: string;
}

const LONGEST_QUOTE = 80;

/** The one form of complaint about a request: which field, what was expected, what was there. */
export function invalidField({ path, of }: Field, expected: string, got: string): SluiceError {
  const owner = of === undefined ? '' : ` of ${quote(of)}`;
  return new SluiceError('invalid_request', `${path}${owner}: expected ${expected}, got ${got}`);
}

/** A value of the request in a few words: however large it is, the message stays short. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof NumberList) return `a list of ${value.nesting[0]}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return 'nothing';
}

export function quote(name: string): string {
  return `'${name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}…` : name}'`;
}

/** Names for a message: `'a', 'b', 'c'`. */
export function quoteAll(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => quote(name)).join(', ');
}
