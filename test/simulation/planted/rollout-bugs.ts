import type { Cluster, WorkerReport } from '@sluice/cluster';
import type { RegisteredModel } from '@sluice/model-registry';
import { InheritedQueues } from '../../../apps/worker/src/lifecycle/inherited-queues.js';
import { Retirements } from '../../../apps/worker/src/lifecycle/retirements.js';
import { RolloutController } from '../../../apps/worker/src/rollout/rollout-controller.js';
import { RolloutEffects } from '../../../apps/worker/src/rollout/rollout-effects.js';
import type { RolloutPlants } from '../rollout/rolled-worker.js';
import { divert } from '../world/divert.js';

/** Whoever has begun a rollout ends it, or nobody. */
export function nobodyTakesOver(): RolloutPlants {
  const idle = { start: async () => {}, stop: async () => {} };
  return { instead: (id) => (id === 'w1.1' ? [] : [{ provide: RolloutController, useValue: idle }]) };
}

/** What waits for a version that is out of service waits for ever. */
export function inheritsNothing(): RolloutPlants {
  return { instead: () => [{ provide: InheritedQueues, useValue: { look: async () => false } }] };
}

/** What was served is served for ever. */
export function retiresNothing(): RolloutPlants {
  return { instead: () => [{ provide: Retirements, useValue: { look: async () => {} } }] };
}

/** A rollout that says that it was promoted, or rolled back, and changes nothing. */
export function changesNothing(): RolloutPlants {
  const skip = { bringAbout: async (_: unknown, seen: RegisteredModel) => void seen };
  return { instead: () => [{ provide: RolloutEffects, useValue: skip }] };
}

/** Workers that say that they serve the last version alone, and still answer with the one before. */
export function servesInSecret(): RolloutPlants {
  const told = (report: WorkerReport): WorkerReport => {
    const isReplaced = report.models.some(({ version, state }) => version === '2' && state === 'ready');
    return { ...report, models: report.models.filter(({ version }) => !isReplaced || version === '2') };
  };
  const cluster = (real: Cluster) => divert(real, { update: (report: WorkerReport) => real.update(told(report)) });
  return { ...retiresNothing(), cluster, isApiDeaf: true };
}
