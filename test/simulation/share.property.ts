import type { ShareCase } from './share.arbitrary.js';
import { OPENING_MS, Simulation, type Plants } from './simulation.js';
import { shareSeen } from './witness/share-check.js';
import { Violation } from './witness/violation.js';

/** @throws Violation when one of the two classes is further behind its share than is stated */
export async function expectShare(drawn: ShareCase, plants?: Plants): Promise<void> {
  const seen = await new Simulation(drawn.scenario, plants).run();
  const share = shareSeen(seen, drawn, OPENING_MS);
  const late = share.behindMs.findIndex((ms, index) => ms > (share.allowedMs[index] ?? 0));
  if (late < 0) return;
  const { usedMs, behindMs, allowedMs } = share;
  const what = `class ${late + 1} is ${behindMs[late]} ms behind, ${allowedMs[late]} are allowed; used: ${usedMs.join(', ')} ms`;
  throw new Violation('share', what, '');
}
