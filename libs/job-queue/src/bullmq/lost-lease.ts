import { ErrorCode as BullErrorCode } from 'bullmq';

const LOST = new Set<unknown>([
  BullErrorCode.JobNotExist,
  BullErrorCode.JobLockNotExist,
  BullErrorCode.JobNotInState,
  BullErrorCode.JobLockMismatch,
]);

/** The lease does not hold any more; any other error is about Redis. */
export function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.has(error.code);
}

/** For a `catch`. @throws whatever is not about a lost lease */
export function ignoreLost(error: unknown): false {
  if (!isLost(error)) throw error;
  return false;
}
