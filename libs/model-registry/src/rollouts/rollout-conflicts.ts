import { SluiceError, type Rollout } from '@sluice/contracts';

/** A model has a rollout that has not ended. */
export function rolloutUnderWay(wanted: Rollout, other: Rollout | undefined): SluiceError {
  const which = other
    ? `to version ${other.version}, ${other.id}, is under way (${other.phase})`
    : 'is under way or has just ended';
  return new SluiceError(
    'conflict',
    `a rollout of ${wanted.model} ${which}: wait for its end, or promote it or roll it back, and begin again`,
  );
}

/** A change was decided on a rollout that is not like that any more. */
export function staleRollout(seen: Rollout, now: Rollout | undefined): SluiceError {
  const state = now ? `at ${now.revision} (${now.phase})` : 'gone';
  return new SluiceError(
    'conflict',
    `rollout ${seen.id} of ${seen.model} was changed since: it was at revision ${seen.revision} and is ${state}. ` +
      'Read it again and decide anew',
  );
}
