import type { FleetStage, Rollout, StageRecord, StageResult } from '@sluice/contracts';
import { canaryStep } from './canary-step.js';
import { findFault, isPastReturn } from './find-fault.js';
import { idsOf } from './fleet-sight.js';
import { loadStep } from './load-step.js';
import { promoteStep } from './promote-step.js';
import { rollBackStep } from './roll-back-step.js';
import { entered, faulted, noted } from './rollout-events.js';
import { only, wait, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld } from './rollout-world.js';
import { signatureStep } from './signature-step.js';
import { stageStep } from './stage-step.js';

/**
 * What a rollout does next: see README.md. Pure, and the same question may be asked again: of a rollout that is kept and a
 * world that has not changed it asks for the same effects, or for nothing.
 */
export function nextStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { now, workers } = world;
  if (rollout.endedAt !== undefined) return wait(rollout);
  if (rollout.workers.length === 0 && workers.length > 0) return only({ ...rollout, workers: idsOf(workers) });
  if (rollout.phase !== 'roll-back') {
    const reason = findFault(rollout, world);
    if (reason !== undefined && !isPastReturn(rollout, world)) return only(faulted(rollout, now, reason));
    if (rollout.asked === 'roll-back') return only(refused(rollout, now));
  }
  return phaseStep(rollout, world);
}

/** The job that a rollout waits for now. */
export function awaitedJob({ phase, stages }: Rollout): StageRecord | undefined {
  const record = isFleetStage(phase) ? stages[phase] : undefined;
  return record?.result ? undefined : record;
}

function phaseStep(rollout: Rollout, world: RolloutWorld): RolloutStep {
  const { now } = world;
  switch (rollout.phase) {
    case 'verify':
      return stageStep('verify', rollout, world, (result) => entered(rollout, 'sandbox', now, verified(result)));
    case 'sandbox':
      return stageStep('sandbox', rollout, world, (result) => entered(rollout, 'signature', now, opened(result)));
    case 'signature':
      return signatureStep(rollout, world);
    case 'load':
      return loadStep(rollout, world);
    case 'golden':
      return stageStep('golden', rollout, world, (result) => afterGolden(rollout, result, now));
    case 'canary':
      return canaryStep(rollout, world);
    case 'promote':
      return promoteStep(rollout, world);
    case 'roll-back':
      return rollBackStep(rollout, world);
    case 'promoted':
    case 'rolled-back':
      break;
  }
  return wait(rollout);
}

function refused(rollout: Rollout, now: number): Rollout {
  const message = 'it cannot go back: it is live, and no version was live before';
  return noted({ ...rollout, asked: undefined }, now, message);
}

function verified(result: StageResult): string {
  return result.kind === 'verify'
    ? `${result.files} files, ${megabytes(result.bytes)} are as they were pushed`
    : 'verified';
}

function opened(result: StageResult): string {
  if (result.kind !== 'sandbox') return 'opened';
  return `opens in ${result.openMs.toFixed(0)} ms and takes ${megabytes(result.peakBytes)} of memory`;
}

function afterGolden(rollout: Rollout, result: StageResult, now: number): Rollout {
  if (result.kind !== 'golden') return faulted(rollout, now, 'the golden inputs came to a result of another kind');
  const { items, wrong, examples } = result;
  const says = `${wrong} of ${items} golden inputs were answered wrongly`;
  if (wrong <= items * (rollout.strategy.golden?.maxWrong ?? 0)) return entered(rollout, 'canary', now, says);
  return faulted(rollout, now, `${says}: ${examples.join('; ')}`);
}

function isFleetStage(phase: Rollout['phase']): phase is FleetStage {
  return phase === 'verify' || phase === 'sandbox' || phase === 'golden';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
