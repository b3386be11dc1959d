import { decodeFrame, encodeFrame, ERRORS, type ErrorCode } from '@sluice/contracts';
import { z } from 'zod';
import type { Reply } from './cluster.js';

const code = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);
/** A result has its bytes in the frame's sections, in order; an error has none. */
const header = z.array(z.object({ jobId: z.string(), error: z.object({ code, message: z.string() }).optional() }));

/** Many replies in one message. */
export function encodeReplies(replies: readonly Reply[]): Uint8Array {
  const described = replies.map((reply) => ('error' in reply ? reply : { jobId: reply.jobId }));
  return encodeFrame(
    described,
    replies.flatMap((reply) => ('result' in reply ? [reply.result] : [])),
  );
}

/** @throws Error or ZodError when the message is not one of ours */
export function decodeReplies(message: Uint8Array): Reply[] {
  const frame = decodeFrame(message);
  const results = frame.sections[Symbol.iterator]();
  return header.parse(frame.header).map(({ jobId, error }) => {
    if (error) return { jobId, error };
    const next = results.next();
    if (next.done) throw new Error(`the reply for job ${jobId} has no result`);
    return { jobId, result: next.value };
  });
}
