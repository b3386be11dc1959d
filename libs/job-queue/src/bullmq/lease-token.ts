import { randomBytes } from 'node:crypto';

/**
 * The value of a job's lock: who holds it, and which call of `lease` took it.
 * The mark tells our locks from those of a plain BullMQ worker on the same queue, which nobody here may touch.
 */
const MARK = 'sluice/';

export function newLeaseToken(holder: string): string {
  return `${MARK}${holder}/${randomBytes(9).toString('base64url')}`;
}

/** The holder that a lock names, or undefined when the lock is not Sluice's. */
export function holderOf(token: string): string | undefined {
  if (!token.startsWith(MARK)) return undefined;
  return token.slice(MARK.length, token.lastIndexOf('/'));
}
