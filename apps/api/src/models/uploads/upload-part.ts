/** A piece of what a client pushes: one of the version's files, or something that is said of it. */
export type UploadPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  /** `path`: within the version. */
  | { readonly kind: 'file'; readonly path: string; readonly content: AsyncIterable<Uint8Array> };

export const FIELD_NAMES = ['version', 'config', 'origin'] as const;
/** Followed by the path of a file. */
export const DIGEST_PREFIX = 'digest:';

export function isFieldName(name: string): boolean {
  return name.startsWith(DIGEST_PREFIX) || (FIELD_NAMES as readonly string[]).includes(name);
}
