import { Refusals } from './refusals.js';

it('counts what was refused for the state of the cluster, not what is wrong with a request', () => {
  const refusals = new Refusals();
  for (const code of ['queue_full', 'deadline_unreachable', 'queue_full', 'rate_limited', 'no_worker'] as const)
    refusals.count(code);
  for (const code of ['invalid_request', 'model_not_found', 'internal', 'deadline_exceeded'] as const)
    refusals.count(code);
  expect(refusals.byCode()).toEqual({ queue_full: 2, deadline_unreachable: 1, rate_limited: 1, no_worker: 1 });
  expect(refusals.total).toBe(5);
});
