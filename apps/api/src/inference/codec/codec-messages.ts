import type { ErrorBody } from '@sluice/contracts';
import type { CodecResults } from './codec-work.js';

/** Codec thread -> main side, one for each piece of work. `fault`: an error that is nobody's but ours. */
export type CodecAnswer =
  | { readonly value: CodecResults[keyof CodecResults] }
  | { readonly error: ErrorBody }
  | { readonly fault: string };

/** What can be moved to another thread: memory that is this view's alone. Else it is copied. */
export function movable(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength ? [buffer] : [];
}

/** A view whose memory is its own: cloning a part of something larger would clone all of it. */
export function alone(bytes: Uint8Array): Uint8Array {
  return movable(bytes).length > 0 ? bytes : new Uint8Array(bytes);
}
