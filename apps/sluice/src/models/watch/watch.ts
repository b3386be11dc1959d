import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../../usage-error.js';
import { rolloutView, stepView, type RolloutView } from '../client/answers.js';
import type { SluiceClient } from '../client/sluice-client.js';
import { titleOf } from './draw-rollout.js';
import { RolloutScreen, type Screen } from './rollout-screen.js';

const RETRY_MS = 500;
/** An API that was restarted is back by then. */
const GIVE_UP_MS = 60_000;

/**
 * Shows a rollout until it ends, across restarts of the API.
 * @returns the exit code: 0 when it was promoted, else 1
 * @throws UsageError when the API does not answer for a minute
 */
export async function watchRollout(
  client: SluiceClient,
  { model, id }: Pick<RolloutView, 'model' | 'id'>,
  out: Screen,
  retryMs = RETRY_MS,
): Promise<number> {
  const screen = new RolloutScreen(out);
  const path = `/models/${encodeURIComponent(model)}/rollouts/${encodeURIComponent(id)}/events`;
  let last: string | undefined;
  let heardAt = performance.now();
  for (;;) {
    try {
      for await (const { event, data, id: eventId } of client.events(path, last)) {
        heardAt = performance.now();
        last = eventId ?? last;
        const json: unknown = JSON.parse(data);
        if (event === 'step') {
          const { at, message } = stepView.parse(json);
          screen.step(at, message);
        } else if (event === 'progress') screen.show(rolloutView.parse(json));
        else if (event === 'end') return conclude(rolloutView.parse(json), screen, out);
      }
    } catch (error) {
      const isGone = error instanceof UsageError && !(error.cause instanceof Error);
      if (isGone || performance.now() - heardAt > GIVE_UP_MS) throw error;
    }
    await delay(retryMs);
  }
}

function conclude(rollout: RolloutView, screen: RolloutScreen, out: Screen): number {
  screen.show(rollout);
  const { phase, fault, absent, model, version } = rollout;
  if (absent.length > 0) out.write(`not there at its end, and to come to the same state: ${absent.join(', ')}\n`);
  if (phase === 'promoted') {
    out.write(`${model} ${version} is live\n`);
    return 0;
  }
  out.write(`${titleOf(rollout)}${fault === undefined ? '' : `, in ${fault.phase}: ${fault.reason}`}\n`);
  return 1;
}
