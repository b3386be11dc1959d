import { SystemClock } from '@sluice/clock';
import { InMemoryModelRegistry, InMemoryRegistryHub } from '@sluice/model-registry';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { ArmCounter } from './arm-counter.js';
import type { EndedRequest } from './ended-request.js';
import { StatisticsCollector } from './statistics-collector.js';

const REF = { model: 'm', version: '1' };
const NOW = 10_000;
const COST = { rows: 3, inputMs: 1, inferMs: 20, outputMs: 2 };
const request = (rows: number, ending: Partial<EndedRequest> = {}): EndedRequest => {
  const lease = { queue: 'q', jobId: 'j', holder: 'w', token: 't', attempt: 1 };
  const deaths = { inCompany: 0, alone: 0 };
  const times = { enqueuedAt: NOW - 100, expiresAt: 0 };
  return {
    job: {
      leased: { lease, priority: 1, payload: new Uint8Array(), deaths, ...times },
      leasedAt: NOW - 60,
      rows,
      request: {},
    },
    outcome: { ok: true, result: new Uint8Array() },
    cost: COST,
    ...ending,
  };
};
const FAILED = { outcome: { ok: false, error: { code: 'inference_failed', message: '' } }, cost: undefined } as const;
const clock = new SystemClock();
const registry = new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'test');
const ARMS = new ArmCounter(new RegisteredVersions(registry));
const ms = (count: number, each: number) => ({ count, ns: count * each * 1e6 });

describe('StatisticsCollector', () => {
  it('counts a run once, and the whole of it for every request that was in it', () => {
    const collector = new StatisticsCollector(() => NOW, ARMS);
    collector.ended(REF, [request(1), request(2)]);
    expect(collector.take()).toEqual([
      {
        ref: REF,
        lastInference: NOW,
        inferenceCount: 3,
        executionCount: 1,
        requests: {
          success: ms(2, 100),
          fail: ms(0, 0),
          queue: ms(2, 40),
          compute_input: ms(2, 1),
          compute_infer: ms(2, 20),
          compute_output: ms(2, 2),
        },
        batches: [{ rows: 3, compute_input: ms(1, 1), compute_infer: ms(1, 20), compute_output: ms(1, 2) }],
      },
    ]);
  });

  it('counts runs of requests that ran each by itself, and those that failed as neither rows nor runs', () => {
    const collector = new StatisticsCollector(() => NOW, ARMS);
    const { cost: _, ...failed } = request(1, FAILED);
    collector.ended(REF, [
      request(1, { cost: { ...COST, rows: 1 } }),
      failed,
      request(1, { cost: { ...COST, rows: 1 } }),
    ]);
    collector.failed(REF, 2);
    const [statistics] = collector.take();
    expect(statistics).toMatchObject({
      inferenceCount: 2,
      executionCount: 2,
      batches: [{ rows: 1, compute_infer: ms(2, 20) }],
    });
    expect(statistics?.requests).toMatchObject({
      success: ms(2, 100),
      fail: { count: 3, ns: 100 * 1e6 },
      queue: ms(3, 40),
    });
  });

  it('starts anew after its counts were taken', () => {
    const collector = new StatisticsCollector(() => NOW, ARMS);
    collector.failed(REF, 1);
    collector.ended(REF, []);
    expect(collector.take()).toHaveLength(1);
    expect(collector.take()).toEqual([]);
  });

  it('is not misled by a clock that is ahead', () => {
    const collector = new StatisticsCollector(() => NOW - 1_000, ARMS);
    collector.ended(REF, [request(1)]);
    expect(collector.take()).toMatchObject([{ requests: { success: ms(1, 0) } }]);
  });
});
