import fc from 'fast-check';
import type { Reply } from './job-queue.js';
import { decodeReplies, encodeReplies } from './reply-records.js';

const reply: fc.Arbitrary<Reply> = fc.record({
  jobId: fc.string({ unit: 'grapheme', maxLength: 40 }),
  outcome: fc.oneof(
    fc.record({ ok: fc.constant(true as const), result: fc.uint8Array({ maxLength: 50 }) }),
    fc.record({
      ok: fc.constant(false as const),
      error: fc.record({ code: fc.constantFrom('internal', 'poisoned'), message: fc.string({ unit: 'grapheme' }) }),
    }),
  ),
});

describe('replies', () => {
  it('come out as they went in, at any offset, and joined', () => {
    fc.assert(
      fc.property(fc.array(reply), fc.array(reply), fc.nat(9), (first, second, offset) => {
        const records = Buffer.concat([Buffer.alloc(offset), encodeReplies(first), encodeReplies(second)]);
        expect(decodeReplies(new Uint8Array(records).subarray(offset))).toEqual([...first, ...second]);
      }),
    );
  });

  it('are views of their message', () => {
    const message = encodeReplies([{ jobId: 'a', outcome: { ok: true, result: Uint8Array.of(1, 2, 3) } }]);
    const [decoded] = decodeReplies(message);
    expect(decoded?.outcome.ok && decoded.outcome.result.buffer).toBe(message.buffer);
  });

  it('are refused when they are cut short, wherever that is', () => {
    const message = encodeReplies([{ jobId: 'job', outcome: { ok: true, result: Uint8Array.of(1, 2, 3) } }]);
    for (let length = 1; length < message.byteLength; length++) {
      expect(() => decodeReplies(message.subarray(0, length))).toThrow(RangeError);
    }
  });
});
