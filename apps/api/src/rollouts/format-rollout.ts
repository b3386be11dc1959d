import type { WorkerReport } from '@sluice/cluster';
import type { Introduction, Rollout, RolloutEvent, RolloutPhase, RolloutStrategy } from '@sluice/contracts';
import { partOfIntroduction, rolloutProgress, WORK } from './rollout-progress.js';

/** A rollout as its client sees it. Times are ISO 8601, UTC. */
export interface RolloutView {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly from?: string | undefined;
  readonly phase: RolloutPhase;
  readonly paused: boolean;
  readonly asked?: 'promote' | 'roll-back' | undefined;
  /** Of the way to `promoted`. */
  readonly percent: number;
  /** An estimate; absent where there is none. */
  readonly leftSeconds?: number | undefined;
  readonly stages: readonly StageView[];
  /** The workers that bring the version into service, by id. */
  readonly workers: readonly WorkerView[];
  readonly canary?: CanaryView | undefined;
  /** Workers that were alive when it began and not at its end. */
  readonly absent: readonly string[];
  readonly fault?: { readonly phase: RolloutPhase; readonly reason: string } | undefined;
  readonly by: string;
  readonly created: string;
  readonly ended?: string | undefined;
  readonly strategy: RolloutStrategy;
  readonly events: readonly EventView[];
}

export interface StageView {
  readonly stage: RolloutPhase;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** How long it took, or has taken until now. */
  readonly seconds?: number | undefined;
  /** How often its job was begun, where that is more than once. */
  readonly attempt?: number | undefined;
}

export interface WorkerView {
  readonly id: string;
  readonly stage: Introduction['stage'];
  /** Of all its stages. */
  readonly percent: number;
  readonly attempt: number;
  readonly reason?: string | undefined;
}

interface CanaryView {
  /** Its share of the requests that name no version. */
  readonly percent: number;
  /** Counted from 1. */
  readonly step: number;
  readonly of: number;
}

export interface EventView {
  readonly at: string;
  readonly phase: RolloutPhase;
  readonly message: string;
}

/** @param now by the queue's clock */
export function formatRollout(rollout: Rollout, workers: readonly WorkerReport[], now: number): RolloutView {
  const { id, model, version, from, phase, paused, asked, absent, fault, by, strategy, events } = rollout;
  const introductions = introductionsOf(rollout, workers);
  const { percent, leftMs } = rolloutProgress(
    rollout,
    introductions.map(({ introduction }) => introduction),
    now,
  );
  return {
    id,
    model,
    version,
    from,
    phase,
    paused,
    asked,
    percent,
    leftSeconds: leftMs === undefined ? undefined : Math.round(leftMs / 1000),
    stages: stagesOf(rollout, now),
    workers: introductions.map(({ worker, introduction }) => formatWorker(worker, introduction)),
    canary: canaryOf(rollout),
    absent,
    fault,
    by,
    created: isoTime(rollout.createdAt),
    ended: rollout.endedAt === undefined ? undefined : isoTime(rollout.endedAt),
    strategy,
    events: events.map(formatEvent),
  };
}

export function formatEvent({ at, phase, message }: RolloutEvent): EventView {
  return { at: isoTime(at), phase, message };
}

function introductionsOf({ model, version }: Rollout, workers: readonly WorkerReport[]) {
  return workers
    .flatMap(({ id, introductions }) => {
      const introduction = introductions?.[model];
      return introduction?.version === version ? [{ worker: id, introduction }] : [];
    })
    .toSorted((one, other) => (one.worker < other.worker ? -1 : 1));
}

function formatWorker(id: string, introduction: Introduction): WorkerView {
  const { stage, attempt, reason } = introduction;
  return { id, stage, percent: Math.round(partOfIntroduction(introduction) * 100), attempt, reason };
}

function canaryOf({ phase, canaryStep, strategy }: Rollout): CanaryView | undefined {
  if (phase !== 'canary') return undefined;
  const shares = [strategy.canaryPercent, ...strategy.steps];
  return { percent: shares[canaryStep] ?? 100, step: canaryStep + 1, of: shares.length };
}

function stagesOf(rollout: Rollout, now: number): StageView[] {
  const { phase, fault, phaseSince, endedAt = now, stages } = rollout;
  const phases = WORK.map(([stage]) => stage);
  const isBack = phase === 'roll-back' || phase === 'rolled-back';
  const begun = phases.map((stage) => (stage === phase ? phaseSince : beginningOf(rollout, stage)));
  const reached = isBack && fault ? phases.indexOf(fault.phase) : begun.findLastIndex((at) => at !== undefined);
  return phases.map((stage, index) => {
    const attempt =
      stage === 'verify' || stage === 'sandbox' || stage === 'golden' ? stages[stage]?.attempt : undefined;
    const repeated = attempt !== undefined && attempt > 1 ? attempt : undefined;
    if (index > reached && phase !== 'promoted') return { stage, state: 'waiting' };
    const from = begun[index];
    const until = begun.slice(index + 1).find((at) => at !== undefined) ?? (isBack ? backSince(rollout) : endedAt);
    const seconds = from === undefined ? undefined : Math.max(0, Math.round(until - from) / 1000);
    const state = index < reached || phase === 'promoted' ? 'done' : isBack ? 'failed' : 'running';
    return { stage, state, seconds, attempt: repeated };
  });
}

/** Undefined: it never was in that phase, or too long ago to be remembered. */
function beginningOf({ events, createdAt }: Rollout, phase: RolloutPhase): number | undefined {
  if (phase === 'verify') return createdAt;
  return events.find((event) => event.phase === phase)?.at;
}

function backSince({ events, phaseSince }: Rollout): number {
  return events.find(({ phase }) => phase === 'roll-back')?.at ?? phaseSince;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
