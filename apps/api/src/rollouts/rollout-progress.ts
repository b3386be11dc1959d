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

export interface RolloutProgress {
  /** Of the way to `promoted`; of one that was rolled back, as far as it had come. */
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
  const { phase, fault, paused, endedAt } = rollout;
  if (phase === 'promoted') return { percent: 100, leftMs: 0 };
  const reached = phase === 'roll-back' || phase === 'rolled-back' ? (fault?.phase ?? lastPhase(rollout)) : phase;
  const at = WORK.findIndex(([name]) => name === reached);
  const before = WORK.slice(0, Math.max(0, at)).reduce((sum, [, weight]) => sum + weight, 0);
  const part = reached === phase ? partOfPhase(rollout, introductions, now) : 0;
  const percent = Math.min(99, before + part * (WORK[at]?.[1] ?? 0));
  if (endedAt !== undefined) return { percent: rounded(percent) };
  return {
    percent: rounded(percent),
    leftMs: paused || reached !== phase ? undefined : leftMs(rollout, percent, part, now),
  };
}

function partOfPhase(
  { phase, phaseSince, canaryStep, strategy }: Rollout,
  introductions: readonly Introduction[],
  now: number,
): number {
  if (phase === 'load') return mean(introductions.map(partOfIntroduction));
  if (phase !== 'canary') return 0;
  const steps = strategy.steps.length + 1;
  const sinceMs = Math.min(now - phaseSince, strategy.maxStepMs);
  return Math.min(1, (canaryStep + (canaryStep === 0 ? sinceMs / strategy.maxStepMs : 0)) / steps);
}

/** Stages before the one that it is in are done; one that failed is begun again. */
export function partOfIntroduction({ stage, progress }: Introduction): number {
  if (stage === 'failed') return 0;
  return (
    (INTRODUCTION_STAGES.indexOf(stage) + (stage === 'ready' ? 0 : progress)) / INTRODUCTION_STAGES.indexOf('ready')
  );
}

/** What comes before the canary by how fast it has gone so far; the canary by its steps, which end with their time at the latest. */
function leftMs(
  { phase, createdAt, canaryStep, phaseSince, strategy }: Rollout,
  percent: number,
  part: number,
  now: number,
): number | undefined {
  const [canary = 0, promote = 0] = [weightOf('canary'), weightOf('promote')];
  const canaryMs = (strategy.steps.length + 1) * strategy.maxStepMs;
  if (phase === 'canary') {
    const doneMs = canaryStep === 0 ? undefined : (now - phaseSince) / canaryStep;
    return (1 - part) * (doneMs === undefined ? canaryMs : doneMs * (strategy.steps.length + 1));
  }
  if (phase === 'promote' || percent < MIN_PERCENT) return undefined;
  const msPerPercent = (now - createdAt) / percent;
  return (100 - canary - promote - percent) * msPerPercent + canaryMs;
}

/** Before that nothing has been measured that says anything. */
const MIN_PERCENT = 5;

function weightOf(phase: RolloutPhase): number | undefined {
  return WORK.find(([name]) => name === phase)?.[1];
}

/** Of one that goes back: where it was. */
function lastPhase({ events }: Rollout): RolloutPhase {
  return events.findLast(({ phase }) => WORK.some(([name]) => name === phase))?.phase ?? 'verify';
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
