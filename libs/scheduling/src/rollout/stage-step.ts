import type { FleetStage, Rollout, StageRecord, StageResult } from '@sluice/contracts';
import { faulted, noted } from './rollout-events.js';
import { only, wait, type RolloutEffect, type RolloutStep } from './rollout-step.js';
import type { RolloutWorld, StageJob } from './rollout-world.js';

export const STAGE_ATTEMPTS = 5;
const FIRST_BACK_OFF_MS = 1_000;

/** A phase that is a job of the fleet. @param passed where its result leads: onwards, or back */
export function stageStep(
  stage: FleetStage,
  rollout: Rollout,
  world: RolloutWorld,
  passed: (result: StageResult) => Rollout,
): RolloutStep {
  const record = rollout.stages[stage];
  if (!record) return rollout.paused ? wait(rollout) : only(attempt(rollout, stage, 1, world.now));
  if (record.result) return rollout.paused ? wait(rollout) : only(passed(record.result));
  if (!world.job) return wait(rollout);
  return follow(stage, rollout, record, world.job, world.now);
}

function follow(stage: FleetStage, rollout: Rollout, record: StageRecord, job: StageJob, now: number): RolloutStep {
  switch (job.state) {
    case 'ended':
      return only(withStage(rollout, stage, { ...record, result: job.result }));
    case 'failed':
      if (job.error.code === 'invalid_request') return only(faulted(rollout, now, job.error.message));
      return only(again(rollout, stage, record, job.error.message, now));
    case 'gone':
      if (rollout.paused || now < record.notBefore) return wait(rollout);
      if (record.seen) return only(again(rollout, stage, record, 'its job was removed from the queue', now));
      return { next: rollout, effects: [enqueue(stage, rollout, record)] };
    case 'waiting':
    case 'active':
      break;
  }
  return record.seen ? wait(rollout) : only(withStage(rollout, stage, { ...record, seen: true }));
}

function again(rollout: Rollout, stage: FleetStage, record: StageRecord, reason: string, now: number): Rollout {
  if (record.attempt >= STAGE_ATTEMPTS)
    return faulted(rollout, now, `${stage} failed ${STAGE_ATTEMPTS} times, the last time because: ${reason}`);
  return attempt(noted(rollout, now, `attempt ${record.attempt} failed: ${reason}`), stage, record.attempt + 1, now);
}

function attempt(rollout: Rollout, stage: FleetStage, count: number, now: number): Rollout {
  const backOffMs = count === 1 ? 0 : FIRST_BACK_OFF_MS * 2 ** (count - 2);
  const jobId = `${rollout.id}-${stage}-${count}`;
  return withStage(rollout, stage, { attempt: count, jobId, notBefore: now + backOffMs });
}

function withStage(rollout: Rollout, stage: FleetStage, record: StageRecord): Rollout {
  return { ...rollout, stages: { ...rollout.stages, [stage]: record } };
}

function enqueue(stage: FleetStage, rollout: Rollout, { attempt: count, jobId }: StageRecord): RolloutEffect {
  const { id, model, version, from, strategy } = rollout;
  const job = { model, version, rollout: id, attempt: count };
  if (stage !== 'golden') return { kind: 'enqueue', jobId, job: { ...job, kind: stage } };
  return { kind: 'enqueue', jobId, job: { ...job, kind: 'golden', against: from, check: strategy.golden } };
}
