import { formatFailure, parseFailure } from './failure-text.js';
import type { Reply } from './job-queue.js';

/**
 * Replies as they travel: records one behind the other, so that a script makes a message of what it has in its hands, and
 * results pass through no JSON. Numbers are little-endian:
 *
 *     u16 byte length of the job's id, and the id
 *     u8  1: a result, 0: an error
 *     u32 byte length of what follows: the result, or the error as `<code>: <message>`
 *
 * Decoding copies nothing: the results are views of the message.
 */
const OK_OFFSET = 2;
const LENGTH_OFFSET = 3;
/** Of a record but for its id and its bytes. */
const FIXED_BYTES = 7;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeReplies(replies: readonly Reply[]): Uint8Array {
  const records = replies.map(({ jobId, outcome }) => ({
    id: encoder.encode(jobId),
    ok: outcome.ok,
    bytes: outcome.ok ? outcome.result : encoder.encode(formatFailure(outcome.error)),
  }));
  const total = records.reduce((sum, { id, bytes }) => sum + FIXED_BYTES + id.byteLength + bytes.byteLength, 0);
  const message = new Uint8Array(total);
  const view = new DataView(message.buffer);
  let offset = 0;
  for (const { id, ok, bytes } of records) {
    view.setUint16(offset, id.byteLength, true);
    message.set(id, offset + OK_OFFSET);
    offset += id.byteLength;
    view.setUint8(offset + OK_OFFSET, ok ? 1 : 0);
    view.setUint32(offset + LENGTH_OFFSET, bytes.byteLength, true);
    message.set(bytes, offset + FIXED_BYTES);
    offset += FIXED_BYTES + bytes.byteLength;
  }
  return message;
}

/** @throws RangeError or TypeError when the bytes are no whole records */
export function decodeReplies(message: Uint8Array): Reply[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const replies: Reply[] = [];
  let offset = 0;
  while (offset < message.byteLength) {
    const idBytes = view.getUint16(offset, true);
    const jobId = decoder.decode(message.subarray(offset + OK_OFFSET, offset + OK_OFFSET + idBytes));
    offset += idBytes;
    const ok = view.getUint8(offset + OK_OFFSET) === 1;
    const byteLength = view.getUint32(offset + LENGTH_OFFSET, true);
    offset += FIXED_BYTES;
    if (offset + byteLength > message.byteLength) {
      throw new RangeError(
        `the reply to job ${jobId} wants ${byteLength} bytes, ${message.byteLength - offset} are there`,
      );
    }
    const bytes = message.subarray(offset, offset + byteLength);
    offset += byteLength;
    replies.push({ jobId, outcome: ok ? { ok, result: bytes } : parseFailure(decoder.decode(bytes)) });
  }
  return replies;
}
