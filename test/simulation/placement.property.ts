import { SETTLED_AFTER_MS } from './placement.arbitrary.js';
import type { Scenario } from './scenario.js';
import { Simulation, type Plants, type Seen } from './simulation.js';
import { Violation } from './witness/violation.js';

/**
 * With a demand that stays as it is, what is where stays as well.
 * @throws Violation when something is loaded after the first beats
 */
export async function expectRest(scenario: Scenario, plants?: Plants): Promise<Seen> {
  const seen = await new Simulation(scenario, plants).run();
  const lastSentMs = Math.max(...scenario.requests.map(({ atMs }) => atMs));
  const late = seen.placement.loads.filter(({ at }) => at > SETTLED_AFTER_MS && at < lastSentMs);
  if (late.length > 0) {
    const what = late.map(({ worker, queue, at }) => `${queue} on ${worker} at ${at.toFixed(0)}`).join(', ');
    throw new Violation('rest', `loads while nothing changes: ${what}`, '');
  }
  return seen;
}
