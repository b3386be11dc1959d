import type { Scenario } from '../scenario.js';
import type { Judgement } from './judgement.js';

interface HoldingWorker {
  readonly name: string;
  readonly leasedNotStarted: number;
  readonly laneCount: number;
}

/** A worker holds no more than the next batch of each class. */
export function checkLateBinding(scenario: Scenario, workers: readonly HoldingWorker[], judgement: Judgement): void {
  const most = Math.max(1, ...scenario.models.map(({ maxBatchSize }) => maxBatchSize));
  for (const { name, leasedNotStarted: held, laneCount } of workers)
    if (held > most * laneCount)
      judgement.violated('late binding', `${name} holds ${held} jobs that have not started, a batch has ${most}`);
}
