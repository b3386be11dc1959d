import { SluiceError } from '@sluice/contracts';
import { hasCode } from './file-facts.js';

/** What is thrown on: an error that says what to do, when it was for want of room. */
export function explainFullDisk(error: unknown, folder: string): unknown {
  if (!hasCode(error, 'ENOSPC', 'EDQUOT')) return error;
  return new SluiceError(
    'model_unavailable',
    `there is no room left on the disk of ${folder}: remove versions that are not needed, or make the disk larger`,
    { cause: error },
  );
}
