export { CallerBudget, type CallerLimits, type OverBudget } from './admission/caller-budget.js';
export { mayJoin, rowsOf, type Batchable } from './batching/may-join.js';
export { leaseNotBefore, type RunInProgress } from './batching/late-binding.js';
export { runningAverage } from './batching/running-average.js';
export { afterDeath, POISONED_AFTER, type DeathCount } from './retrying/after-death.js';
