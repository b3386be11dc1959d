import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@sluice/contracts';

const INTERVAL_MS = 100;
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * Waits until the cluster serves: GET /v2/health/ready answers 200.
 *
 * @param api base URL of the API
 * @throws Error with the last answer when it takes longer than `timeoutMs`; the signal's reason when aborted
 */
export async function waitUntilReady(api: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await askReadiness(api, signal);
    if (answer === 'ready') return;
    if (performance.now() > deadline) throw new Error(`not ready after ${timeoutMs / 1000} s: ${answer}`);
    // The wait ends early with the signal; the loop's head throws its reason.
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

/** @returns `ready`, or what the API answered instead */
async function askReadiness(api: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(`${api}/v2/health/ready`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    const body = await response.text();
    return response.status === 200 ? 'ready' : `the API answers ${response.status} ${body.slice(0, 300)}`.trim();
  } catch (error) {
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `the API does not answer (${messageOf(reason)})`;
  }
}
