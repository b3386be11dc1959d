import { describeModel, type ValueMetadata } from './describe-model.js';

const tensor = (name: string, shape: (number | string)[], type: 'float32' | 'uint4' = 'float32'): ValueMetadata => ({
  name,
  isTensor: true,
  type,
  shape,
});

describe('describeModel', () => {
  it('writes a symbolic dimension as -1, whether it has a name or not', () => {
    const { signature } = describeModel([tensor('x', ['batch', 3, ''])], [tensor('y', ['N', 2])]);
    expect(signature).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3, -1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    });
  });

  it.each<[string, boolean, ValueMetadata[], ValueMetadata[]]>([
    ['all first dimensions are symbolic', true, [tensor('x', ['N', 3])], [tensor('y', ['N'])]],
    ['the inputs agree', true, [tensor('a', ['N']), tensor('b', ['N', 1])], [tensor('y', ['N'])]],
    ['an input has no name for it', true, [tensor('a', ['']), tensor('b', ['N'])], [tensor('y', ['N'])]],
    ['an output has a name of its own', true, [tensor('x', ['N'])], [tensor('y', ['Gemm_0_dim_0'])]],
    ['the inputs differ', false, [tensor('a', ['N']), tensor('b', ['M'])], [tensor('y', ['N'])]],
    ['an input is fixed', false, [tensor('a', ['N']), tensor('b', [1])], [tensor('y', ['N'])]],
    ['an output is fixed', false, [tensor('x', ['N'])], [tensor('y', [1, 2])]],
    ['an output is a scalar', false, [tensor('x', ['N'])], [tensor('y', [])]],
    ['there is no input', false, [], [tensor('y', ['N'])]],
  ])('when %s, hasBatchDimension is %s', (_, expected, inputs, outputs) => {
    expect(describeModel(inputs, outputs).hasBatchDimension).toBe(expected);
  });

  it('refuses what is no tensor, and types that are not served', () => {
    expect(() => describeModel([{ name: 's', isTensor: false }], [])).toThrow('s is not a tensor');
    expect(() => describeModel([tensor('q', [2], 'uint4')], [])).toThrow('q is of type uint4');
  });
});
