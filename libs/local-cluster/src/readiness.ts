import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@sluice/contracts';
import { ApiProbe } from './api-probe.js';

const INTERVAL_MS = 100;

/**
 * Waits until the cluster serves: GET /v2/health/ready answers 200. An API that wants a key which we do not have says no
 * more than that it is there: 401, and that has to do.
 *
 * @param api base URL of the API, on this machine
 * @param key of the API, where it has keys
 * @throws Error with the last answer when it takes longer than `timeoutMs`; the signal's reason when aborted
 */
export async function waitUntilReady(api: string, timeoutMs: number, signal: AbortSignal, key?: string): Promise<void> {
  const probe = new ApiProbe(api, key);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await askReadiness(probe, signal);
    if (answer === 'ready') return;
    if (performance.now() > deadline) throw new Error(`not ready after ${timeoutMs / 1000} s: ${answer}`);
    // The wait ends early with the signal; the loop's head throws its reason.
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

/** @returns `ready`, or what the API answered instead */
async function askReadiness(probe: ApiProbe, signal: AbortSignal): Promise<string> {
  try {
    const { status, body } = await probe.get('/v2/health/ready', signal);
    if (status === 200 || (status === 401 && !probe.hasKey)) return 'ready';
    return `the API answers ${status} ${body.slice(0, 300)}`.trim();
  } catch (error) {
    return `the API does not answer (${messageOf(error)})`;
  }
}
