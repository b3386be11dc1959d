import type { QueueTerms } from './queue-side.js';

/** As arguments of a process. */
export function argumentsOf({ redisUrl, keep }: QueueTerms): string[] {
  return [redisUrl, keep];
}

/** @throws Error when they are not what `argumentsOf` makes */
export function termsOf([redisUrl = '', keep]: readonly string[]): QueueTerms {
  if (keep !== 'results' && keep !== 'nothing') throw new Error(`expected "results" or "nothing", not "${keep}"`);
  return { redisUrl, keep };
}
