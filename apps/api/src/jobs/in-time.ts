import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '@sluice/contracts';

/**
 * For what asks Redis and nobody else.
 * @throws SluiceError when it is not answered within `ms`: redis_unavailable, or what `late` says
 */
export async function inTime<T>(asking: Promise<T>, ms: number, late: () => SluiceError = noAnswer): Promise<T> {
  const patience = new AbortController();
  const timeout = delay(ms, undefined, { signal: patience.signal }).then(() => {
    throw late();
  });
  try {
    return await Promise.race([asking, timeout]);
  } finally {
    patience.abort();
    timeout.catch(() => {});
  }
}

function noAnswer(): SluiceError {
  return new SluiceError('redis_unavailable', 'Redis does not answer');
}
