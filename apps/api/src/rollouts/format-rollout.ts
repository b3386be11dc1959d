import type { WorkerReport } from '@sluice/cluster';
import type { Introduction, Rollout, RolloutEvent, RolloutPhase, RolloutStrategy } from '@sluice/contracts';
import { lastPhase, partOfIntroduction, rolloutProgress, WORK } from './rollout-progress.js';

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

/** What workers told before it was proposed is of another rollout. */
function introductionsOf({ model, version, proposedAfter }: Rollout, workers: readonly WorkerReport[]) {
  return workers
    .flatMap(({ id, introductions }) => {
      const introduction = introductions?.[model];
      const isOurs = introduction?.version === version && introduction.generation > (proposedAfter ?? Infinity);
      return isOurs ? [{ worker: id, introduction }] : [];
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
  const { phase, fault, stages, endedAt = now } = rollout;
  const phases = WORK.map(([stage]) => stage);
  const isBack = phase === 'roll-back' || phase === 'rolled-back';
  const reached = phase === 'promoted' ? phases.length : phases.indexOf(isBack ? lastPhase(rollout) : phase);
  let from: number | undefined = rollout.createdAt;
  return phases.map((stage, index) => {
    if (index > reached) return { stage, state: 'waiting' };
    const isOver = index < reached || isBack;
    const until = isOver ? endOf(rollout, stage) : endedAt;
    const seconds = from === undefined || until === undefined ? undefined : Math.round(until - from) / 1000;
    from = until;
    const attempt =
      stage === 'verify' || stage === 'sandbox' || stage === 'golden' ? stages[stage]?.attempt : undefined;
    const state = index < reached ? 'done' : !isBack ? 'running' : fault ? 'failed' : 'waiting';
    return { stage, state, seconds, attempt: attempt === undefined || attempt === 1 ? undefined : attempt };
  });
}

/** The last thing that is told of a phase is what came of it. Undefined: too long ago to be remembered. */
function endOf({ events }: Rollout, phase: RolloutPhase): number | undefined {
  return events.findLast((event) => event.phase === phase)?.at;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
