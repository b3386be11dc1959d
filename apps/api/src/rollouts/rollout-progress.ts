import { INTRODUCTION_STAGES, type Introduction, type Rollout, type RolloutPhase } from '@sluice/contracts';

/** The phases on the way to `promoted`, and which part of the work each is, in percent, as a rule. */
export const WORK: readonly (readonly [RolloutPhase, number])[] = [
  ['verify', 5],
  ['sandbox', 10],
  ['signature', 1],
  ['load', 34],
  ['golden', 15],
  ['canary', 30],
  ['promote', 5],
];
/** Before that nothing has been measured that says anything. */
const MIN_PERCENT = 5;

export interface RolloutProgress {
  /** Of the way to `promoted`; of one that goes back, as far as it had come. */
  readonly percent: number;
  /** Undefined: not to be told, as long as it has done too little, or somebody decides how long it takes. */
  readonly leftMs?: number | undefined;
}

/** @param introductions of the workers that bring the candidate into service. @param now by the queue's clock */
export function rolloutProgress(
  rollout: Rollout,
  introductions: readonly Introduction[],
  now: number,
): RolloutProgress {
  const { phase, paused } = rollout;
  if (phase === 'promoted') return { percent: 100, leftMs: 0 };
  const isBack = phase === 'roll-back' || phase === 'rolled-back';
  const reached = isBack ? lastPhase(rollout) : phase;
  const before = WORK.slice(0, indexOf(reached)).reduce((sum, [, weight]) => sum + weight, 0);
  const part = isBack ? 0 : partOfPhase(rollout, introductions, now);
  const percent = before + part * weightOf(reached);
  const isTold = !paused && !isBack && percent >= MIN_PERCENT;
  return { percent: Math.round(percent * 10) / 10, leftMs: isTold ? leftMs(rollout, percent, now) : undefined };
}

/** Where one had come that goes back. */
export function lastPhase({ fault, events }: Rollout): RolloutPhase {
  return fault?.phase ?? events.findLast(({ phase }) => indexOf(phase) >= 0)?.phase ?? 'verify';
}

/** Stages before the one that it is in are done; one that failed is begun again. */
export function partOfIntroduction({ stage, progress }: Introduction): number {
  if (stage === 'failed') return 0;
  const done = INTRODUCTION_STAGES.indexOf(stage) + (stage === 'ready' ? 0 : progress);
  return done / INTRODUCTION_STAGES.indexOf('ready');
}

function partOfPhase(rollout: Rollout, introductions: readonly Introduction[], now: number): number {
  const { phase, canaryStep, strategy } = rollout;
  if (phase === 'load') return mean(introductions.map(partOfIntroduction));
  if (phase !== 'canary') return 0;
  return (canaryStep + Math.min(1, inStepMs(rollout, now) / strategy.maxStepMs)) / steps(rollout);
}

/** What comes before the canary by how fast it has gone so far; the canary by its steps, which end with their time. */
function leftMs(rollout: Rollout, percent: number, now: number): number | undefined {
  const { phase, createdAt, phaseSince, canaryStep, strategy } = rollout;
  if (phase === 'promote') return undefined;
  if (phase !== 'canary') {
    const workLeft = 100 - weightOf('canary') - weightOf('promote') - percent;
    return (workLeft * (now - createdAt)) / percent + steps(rollout) * strategy.maxStepMs;
  }
  const inStep = inStepMs(rollout, now);
  const stepMs = canaryStep === 0 ? strategy.maxStepMs : (now - phaseSince - inStep) / canaryStep;
  return Math.max(0, (steps(rollout) - canaryStep) * stepMs - inStep);
}

function inStepMs({ progress, phaseSince }: Rollout, now: number): number {
  return now - (progress?.at ?? phaseSince);
}

function steps({ strategy }: Rollout): number {
  return strategy.steps.length + 1;
}

function indexOf(phase: RolloutPhase): number {
  return WORK.findIndex(([name]) => name === phase);
}

function weightOf(phase: RolloutPhase): number {
  return WORK[indexOf(phase)]?.[1] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
