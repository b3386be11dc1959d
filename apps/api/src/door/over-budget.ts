import type { KeyLimits } from '@sluice/config';
import { assertNever, SluiceError } from '@sluice/contracts';
import type { OverBudget } from '@sluice/scheduling';

interface Request {
  readonly caller: string;
  readonly limits: KeyLimits;
  readonly bytes: number;
}

/** Says which limit a request would break: `rate_limited`, or `payload_too_large` when it can never fit. */
export function overBudget({ limit, retryAfterMs }: OverBudget, { caller, limits, bytes }: Request): SluiceError {
  const most = limits[limit];
  switch (limit) {
    case 'requestsPerSecond':
      return limited(`${caller} may send ${most} requests a second`, retryAfterMs);
    case 'concurrency':
      return limited(`${caller} may have ${most} requests in flight`, retryAfterMs);
    case 'queuedBytes':
      if (bytes > most)
        return new SluiceError('payload_too_large', `body: expected at most ${most} bytes of ${caller}, got ${bytes}`);
      return limited(`${caller} may have ${most} bytes of request bodies in flight`, retryAfterMs);
    default:
      return assertNever(limit);
  }
}

function limited(rule: string, retryAfterMs: number | undefined): SluiceError {
  return new SluiceError('rate_limited', `${rule}: try again later`, { retryAfterMs });
}
