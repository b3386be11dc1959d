import { readRolloutRequest } from './rollout-request.js';

const read = (body: unknown) =>
  readRolloutRequest(new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)), {
    maxElements: 10_000,
  });

describe('what a rollout is asked for with', () => {
  it('has defaults for all but the version', () => {
    expect(read({ version: '2' })).toEqual({
      version: '2',
      strategy: {
        canaryPercent: 5,
        steps: [25, 50],
        minSamples: 100,
        maxStepMs: 30_000,
        maxErrorRate: 0.01,
        maxLatencyRatio: 1.5,
        allowSignatureChange: false,
        minServing: 1,
      },
      golden: undefined,
    });
    expect(read({ version: '2', strategy: { canaryPercent: 30 } }).strategy.steps).toEqual([50]);
    const items = [{ inputs: [] }];
    expect(read({ version: '2', strategy: { golden: { items } } }).golden).toEqual({
      items,
      absolute: 1e-6,
      relative: 1e-4,
      maxWrong: 0,
    });
  });

  it.each([
    [{}, /^version: /],
    [{ version: 2 }, /^version: /],
    [{ version: '02' }, /^version: expected a positive integer in quotes/],
    [
      { version: '2', strategy: { steps: [50, 25] } },
      /^strategy\.steps: expected ascending shares above canaryPercent/,
    ],
    [{ version: '2', strategy: { canaryPercent: 30, steps: [25] } }, /^strategy\.steps: expected ascending/],
    [{ version: '2', strategy: { canaryPercent: 101, steps: [] } }, /^strategy\.canaryPercent: /],
    [{ version: '2', strategy: { canary: 5 } }, /canary/],
    [{ version: '2', strategy: { golden: { items: [] } } }, /^strategy\.golden\.items: /],
    [[], /^body: expected an object with "version"/],
    ['', /^body: expected JSON/],
  ])('%j is refused, naming the field', (body, message) => {
    expect(() => read(body)).toThrow(message);
  });
});
