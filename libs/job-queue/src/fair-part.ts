import type { LeaseRequest } from './job-queue.js';

/**
 * How many jobs one lease takes. Go's `globrunqget` divides the global run queue by the number of processors; here only
 * those count that listen to the queue, because whoever runs a batch takes nothing until it has room again. Four idle
 * workers that meet a burst of 32 take 8 each and are done in a quarter of the time; a lone one takes what fits.
 *
 * @param waiting jobs in the queue, this lease's own part included
 * @param listening other callers that wait for work of the queue, or were woken and have not leased yet
 */
export function fairPart(waiting: number, listening: number, { max, spare = 0, part }: LeaseRequest): number {
  // A thief leaves its victim as much as it takes.
  if (part === 'half') return Math.min(max, Math.ceil(waiting / 2));
  return Math.min(max, waiting, Math.ceil(waiting / (1 + listening)) + spare);
}

/**
 * How much longer than its wait a listener counts: the time from being woken to having leased. One that died meanwhile
 * is forgotten after it.
 */
export const LISTENING_GRACE_MS = 500;
