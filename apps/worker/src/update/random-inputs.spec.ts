import type { Datatype, TensorSpec } from '@sluice/contracts';
import { randomInputs } from './random-inputs.js';
import { numbersOf } from './stages/numbers-of.js';

describe('randomInputs', () => {
  const valuesOf = (datatype: Datatype, shape: readonly number[], seed = 1) => {
    const inputs: TensorSpec[] = [{ name: 'x', datatype, shape: [...shape] }];
    const [tensor] = randomInputs({ inputs, outputs: [] }, [], seed);
    return Array.from<unknown, number>(numbersOf(tensor!) ?? [], Number);
  };

  it.each(['FP64', 'FP32', 'FP16', 'BF16'] as const)('spreads %s over the unit interval', (datatype) => {
    const values = valuesOf(datatype, [-1, 100]);
    expect(values).toHaveLength(100);
    expect(new Set(values).size).toBeGreaterThan(50);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
  });

  it.each(['BOOL', 'UINT8', 'INT32', 'INT64', 'UINT64'] as const)('has zeros and ones as %s', (datatype) => {
    expect(new Set(valuesOf(datatype, [-1, 20]))).toEqual(new Set([0, 1]));
  });

  it('is the same for the same seed, and another for another', () => {
    expect(valuesOf('FP32', [8], 3)).toEqual(valuesOf('FP32', [8], 3));
    expect(valuesOf('FP32', [8], 3)).not.toEqual(valuesOf('FP32', [8], 4));
  });
});
