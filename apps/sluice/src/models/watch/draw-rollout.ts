import type { RolloutView } from '../client/answers.js';
import { bar } from './bar.js';

const MARKS: Readonly<Record<string, string>> = { done: '✓', running: '…', failed: '✗', waiting: '·' };

/** How a rollout stands, as lines of a terminal: one for all of it, one for each stage, one for each worker. */
export function drawRollout(rollout: RolloutView): string[] {
  const { stages, workers, percent } = rollout;
  const width = Math.max(9, ...workers.map(({ id }) => id.length), ...stages.map(({ stage }) => stage.length));
  return [
    titleOf(rollout),
    `  ${'all'.padEnd(width + 2)} ${bar(percent / 100)} ${String(Math.round(percent)).padStart(3)} %${leftOf(rollout)}`,
    ...stages.map(({ stage, state, seconds }) => {
      const took = seconds === undefined || state === 'waiting' ? '' : ` ${seconds.toFixed(1)} s`;
      const share = stage === 'canary' && state === 'running' ? canaryOf(rollout) : '';
      return `  ${MARKS[state] ?? '?'} ${stage.padEnd(width)}${took}${share}`;
    }),
    ...workers.map(
      ({ id, stage, percent: done, reason }) =>
        `  ${id.padEnd(width + 2)} ${bar(done / 100)} ${String(done).padStart(3)} %  ${stage}${reason === undefined ? '' : `: ${reason}`}`,
    ),
  ];
}

export function titleOf({ model, from, version, phase, paused }: RolloutView): string {
  const step = from === undefined ? version : `${from} -> ${version}`;
  return `${model} ${step}: ${phase}${paused ? ' (paused)' : ''}`;
}

/** What changed from one look to the next, as lines for a log; what has happened to the rollout itself is told by its steps. */
export function changedLines(before: RolloutView | undefined, after: RolloutView): string[] {
  const stageBefore = new Map(before?.workers.map(({ id, stage }) => [id, stage]));
  return after.workers.flatMap(({ id, stage, reason }) =>
    stageBefore.get(id) === stage ? [] : `${id}: ${stage}${reason === undefined ? '' : ` (${reason})`}`,
  );
}

function leftOf({ leftSeconds }: RolloutView): string {
  return leftSeconds === undefined || leftSeconds === 0 ? '' : `  about ${leftSeconds} s left`;
}

function canaryOf({ canary }: RolloutView): string {
  return canary === undefined ? '' : `  ${canary.percent} % of the requests, step ${canary.step} of ${canary.of}`;
}
