import type { ModelSignature, Rollout } from '@sluice/contracts';
import { entered, faulted } from './rollout-events.js';
import { only, wait, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';
import { signatureDifference } from './signature-difference.js';

/** Workers that restart serve again by then. Later the new version may be what is needed most. */
const PATIENCE_MS = 30_000;

/** Whoever calls the live version must be able to call the new one. */
export function signatureStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { from, paused, stages, strategy } = rollout;
  const { now } = world;
  if (paused) return wait(rollout);
  const result = stages.sandbox?.result;
  if (result?.kind !== 'sandbox') return only(faulted(rollout, now, 'the sandbox came to a result of another kind'));
  if (from === undefined)
    return only(entered(rollout, 'load', now, 'no version is live to compare the signature with'));

  const live = signatureOf(from, world);
  if (!live) {
    if (now - rollout.phaseSince < PATIENCE_MS) return wait(rollout);
    const why = `no worker serves version ${from}, which is live: there is nothing to compare the signature with`;
    return only(entered(rollout, 'load', now, why));
  }
  const differences = signatureDifference(live, result.signature);
  if (differences.length === 0) return only(entered(rollout, 'load', now, `same signature as version ${from}`));
  const says = `the signature differs from that of version ${from}: ${differences.join('; ')}`;
  if (strategy.allowSignatureChange) return only(entered(rollout, 'load', now, `${says}. It is allowed to`));
  return only(
    faulted(rollout, now, `${says}. Whoever calls the model must change with it: then say allowSignatureChange`),
  );
}

/** As any worker serves it; undefined: none does at the moment. */
function signatureOf(version: string, { workers }: RolloutWorld): ModelSignature | undefined {
  for (const { models } of workers)
    for (const report of models)
      if (report.version === version && 'serving' in report && report.serving) return report.serving.signature;
  return undefined;
}
