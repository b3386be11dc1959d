import type { ErrorCode } from '@sluice/contracts';
import { InMemoryModelRegistry, InMemoryRegistryHub, unregistered } from '@sluice/model-registry';
import { SimulatedClock } from '@sluice/testing';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { ArmCounter } from './arm-counter.js';
import type { EndedRequest } from './ended-request.js';

const NOW = 10_000;
const LIVE = { model: 'm', version: '1' };
const CANDIDATE = { model: 'm', version: '2' };
const BY = { by: 'test' };
const RUN = { rows: 3, inputMs: 1, inferMs: 20, outputMs: 2 };

const request = (
  spec: { unpinned?: boolean; code?: ErrorCode; waitedMs?: number; cost?: typeof RUN } = {},
): EndedRequest => {
  const { unpinned = true, code, waitedMs = 100 } = spec;
  const lease = { queue: 'q', jobId: 'j', holder: 'w', token: 't', attempt: 1 };
  const deaths = { inCompany: 0, alone: 0 };
  const times = { enqueuedAt: NOW - waitedMs, expiresAt: 0 };
  const leased = { lease, priority: 1, payload: new Uint8Array(), deaths, ...times };
  const job = { leased, leasedAt: NOW, rows: 1, request: { unpinned } };
  if (code !== undefined) return { job, outcome: { ok: false, error: { code, message: '' } } };
  return { job, outcome: { ok: true, result: new Uint8Array() }, cost: spec.cost ?? RUN };
};

/** What a model's worker counts whose candidate is version 2, if it is to have one. */
async function counting(candidate?: string) {
  const clock = new SimulatedClock();
  const registry = new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'test');
  let state = await registry.change(unregistered('m'), { kind: 'serve', version: '1' }, BY);
  if (candidate) state = await registry.change(state, { kind: 'propose', version: candidate, canaryPercent: 5 }, BY);
  const registered = new RegisteredVersions(registry);
  await registered.start(() => {});
  const counter = new ArmCounter(registered);
  const change = async (kind: 'promote' | 'shift') => {
    const next = kind === 'shift' ? ({ kind, canaryPercent: 50 } as const) : { kind };
    state = await registry.change(state, next, BY);
    await clock.run(clock.now() + 1);
  };
  return { counter, change };
}

it('counts nothing of a model without a candidate', async () => {
  const { counter } = await counting();
  counter.ended(LIVE, [request()], NOW);
  expect(counter.all()).toEqual([]);
});

it('sums the logarithms of what requests and runs took, each run once', async () => {
  const { counter } = await counting('2');
  counter.ended(CANDIDATE, [request({ waitedMs: 100 }), request({ waitedMs: 200 })], NOW);
  counter.ended(CANDIDATE, [request({ waitedMs: 0, cost: { ...RUN, inferMs: 5, rows: 1 } })], NOW);
  const [arm] = counter.all();
  expect(arm).toMatchObject({ ...CANDIDATE, generation: 2, answered: 3, failed: 0 });
  expect(arm?.latency).toMatchObject({ count: 3, sum: Math.log(100) + Math.log(200) });
  expect(arm?.compute).toEqual({
    count: 2,
    sum: Math.log(20) + Math.log(5),
    squares: Math.log(20) ** 2 + Math.log(5) ** 2,
  });
  expect(arm?.rows).toMatchObject({ count: 2, sum: Math.log(3) });
});

it('keeps versions apart, and passes over those who named one', async () => {
  const { counter } = await counting('2');
  counter.ended(LIVE, [request(), request({ unpinned: false })], NOW);
  counter.ended(CANDIDATE, [request({ unpinned: false })], NOW);
  expect(counter.all()).toMatchObject([{ ...LIVE, answered: 1 }]);
});

it('tells failures of the version from faults of the request', async () => {
  const { counter } = await counting('2');
  const ended = (['inference_failed', 'deadline_exceeded', 'invalid_request'] as const).map((code) =>
    request({ code }),
  );
  counter.ended(CANDIDATE, ended, NOW);
  expect(counter.all()).toMatchObject([{ answered: 3, failed: 2, latency: { count: 0 }, compute: { count: 0 } }]);
});

it('begins anew with each generation', async () => {
  const { counter, change } = await counting('2');
  counter.ended(CANDIDATE, [request()], NOW);
  await change('shift');
  expect(counter.all()).toEqual([]);
  counter.ended(CANDIDATE, [request()], NOW);
  expect(counter.all()).toMatchObject([{ generation: 3, answered: 1 }]);
  await change('promote');
  counter.ended(CANDIDATE, [request()], NOW);
  expect(counter.all()).toEqual([]);
});
