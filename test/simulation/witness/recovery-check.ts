import type { Scenario } from '../scenario.js';
import { LAST_LOOK_MS, type Ended } from '../world/simulated-client.js';
import type { Judgement } from './judgement.js';

/** Presence or lease, and the sweep after it. */
const RECOVERY_MS = 5_000;
/** A lost wake-up costs as much each time that work comes back, and so does a look at the wrong moment. */
const POLLS_MS = 3_000;

/** Sees to it that requests end soon after the last thing that went wrong. */
export class RecoveryCheck {
  private disturbedAt = 0;
  private readonly boundMs: number;
  /** Jobs of a lease whose answer got lost lapse without anything being wrong with anybody, again and again. */
  private readonly applies: boolean;

  constructor(
    scenario: Scenario,
    private readonly now: () => number,
    private readonly judgement: Judgement,
  ) {
    const { requests, models, costNoise, rates, profilesPerWorker, settings } = scenario;
    const workMs = requests.reduce((sum, { copies, model, rows }) => {
      const { fixedMs = 0, perRowMs = 0 } = models[model] ?? {};
      return sum + copies * (fixedMs + perRowMs * rows) * (1 + costNoise);
    }, 0);
    // Those whose batch fails run again, and updates take their part.
    this.boundMs = RECOVERY_MS + POLLS_MS + 3 * workMs + (rates.lostReply > 0 ? LAST_LOOK_MS : 0);
    // Where models have to be loaded first, that takes its time.
    const isPlaced = settings['SLUICE_MODEL_MEMORY'] !== undefined;
    this.applies = !isPlaced && rates.resend === 0 && profilesPerWorker === 0 && settings['SLUICE_PROFILE'] === 'off';
  }

  /** A worker has died, was stopped, goes on, or serves. */
  disturbed(): void {
    this.disturbedAt = this.now();
  }

  ended({ request, jobId, sentAt, endedAt }: Ended): void {
    if (!this.applies || request.timeoutMs !== undefined || request.fate === 'crash') return;
    const tookMs = endedAt - Math.max(sentAt, this.disturbedAt);
    if (tookMs > this.boundMs)
      this.judgement.violated(
        'recovery',
        `request ${request.number} (job ${jobId}) ended ${tookMs.toFixed(0)} ms after it could, the bound is ${this.boundMs.toFixed(0)}`,
      );
  }
}
