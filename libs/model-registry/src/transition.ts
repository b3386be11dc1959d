import { assertNever, MODEL_NAME, SluiceError } from '@sluice/contracts';
import type { Change } from './change.js';
import { RETIRED_LENGTH, type RegisteredModel } from './registered-model.js';

const VERSION = /^[1-9]\d*$/;

/**
 * The state after a change: the rules, once for all adapters. Pure; whether the state is still the one that was seen is
 * the adapter's question.
 *
 * @throws SluiceError conflict when the state does not allow the change; invalid_request when its values are none
 */
export function transition(seen: RegisteredModel, change: Change, changeId: string): RegisteredModel {
  if (!MODEL_NAME.test(seen.model))
    throw new SluiceError('invalid_request', `"${seen.model}" is no name of a model: it matches ${MODEL_NAME}`);
  const { live, candidate, canaryPercent, exchange } = changed(seen, change);
  return {
    model: seen.model,
    ...(live !== undefined && { live }),
    ...(candidate !== undefined && { candidate }),
    canaryPercent,
    retired: retiredAfter(seen, [live, candidate]),
    exchange,
    generation: seen.generation + 1,
    changeId,
  };
}

type Assigned = Pick<RegisteredModel, 'live' | 'candidate' | 'canaryPercent' | 'exchange'>;

function changed(seen: RegisteredModel, change: Change): Assigned {
  const { model, live, candidate, canaryPercent, exchange } = seen;
  switch (change.kind) {
    case 'serve':
      return { live: checkVersion(change.version), candidate: undefined, canaryPercent: 0, exchange: [] };
    case 'propose':
      if (candidate !== undefined)
        throw conflict(`${model} has a candidate, version ${candidate}: promote or withdraw it first`);
      if (change.version === live) throw conflict(`version ${live} of ${model} is live already`);
      return {
        live,
        candidate: checkVersion(change.version),
        canaryPercent: checkShare(model, live, change.canaryPercent),
        exchange: [],
      };
    case 'shift':
      return {
        live,
        candidate: requireCandidate(model, candidate),
        canaryPercent: checkShare(model, live, change.canaryPercent),
        exchange,
      };
    case 'exchange':
      return { live, candidate, canaryPercent, exchange: [...new Set([...exchange, ...change.workers])].toSorted() };
    case 'promote':
      return { live: requireCandidate(model, candidate), candidate: undefined, canaryPercent: 0, exchange };
    case 'withdraw':
      requireCandidate(model, candidate);
      return { live, candidate: undefined, canaryPercent: 0, exchange };
    default:
      return assertNever(change);
  }
}

/** What was in service and is not any more, before what was retired earlier. */
function retiredAfter(
  { live, candidate, retired }: RegisteredModel,
  serving: readonly (string | undefined)[],
): string[] {
  const before = [live, candidate, ...retired].filter((version) => version !== undefined);
  return [...new Set(before)].filter((version) => !serving.includes(version)).slice(0, RETIRED_LENGTH);
}

function requireCandidate(model: string, candidate: string | undefined): string {
  if (candidate === undefined) throw conflict(`${model} has no candidate: propose a version first`);
  return candidate;
}

function checkVersion(version: string): string {
  if (VERSION.test(version)) return version;
  throw new SluiceError('invalid_request', `"${version}" is no version: expected a positive integer, as in "2"`);
}

function checkShare(model: string, live: string | undefined, percent: number): number {
  if (!(percent >= 0 && percent <= 100))
    throw new SluiceError('invalid_request', `a canary share is 0 to 100 percent, got ${percent}`);
  if (percent > 0 && live === undefined)
    throw conflict(`${model} has no live version to share requests with: promote the candidate at 0 percent`);
  return percent;
}

function conflict(message: string): SluiceError {
  return new SluiceError('conflict', message);
}
