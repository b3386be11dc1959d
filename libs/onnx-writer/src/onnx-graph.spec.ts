import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OnnxGraph } from './onnx-graph.js';

describe('OnnxGraph', () => {
  it('declares fixed and variable dimensions', async () => {
    const graph = new OnnxGraph('g');
    graph.node('Relu', [graph.input('x', 'float', ['batch', 3])], { outputs: ['y'] });
    graph.output('y', 'float', ['batch', 3]);
    const session = await InferenceSession.create(graph.build());
    expect(session.inputMetadata).toMatchObject([{ name: 'x', type: 'float32', shape: ['batch', 3] }]);
    expect(session.outputMetadata).toMatchObject([{ name: 'y', type: 'float32', shape: ['batch', 3] }]);
    await session.release();
  });

  it('writes int and float attributes as what they are, whatever their value', async () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', 'float', [1, 2]);
    const weights = graph.constant('w', 'float', [1, 2], Float32Array.of(3, 4));
    const attributes = { transB: { int: 1 }, alpha: { float: 2 } };
    expect(await y(graph, graph.node('Gemm', [x, weights], { attributes }), [1, 1], [5, 6])).toEqual([78]);
  });

  it('writes negative ints', async () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', 'float', [2, 2]);
    const sums = graph.node('ReduceMax', [x], { attributes: { axes: { ints: [-1] }, keepdims: { int: 0 } } });
    expect(await y(graph, sums, [2], [1, 2, 4, 3])).toEqual([2, 4]);
  });

  it('writes string attributes', async () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', 'float', [1, 1, 3]);
    const kernel = graph.constant('k', 'float', [1, 1, 3], Float32Array.of(1, 1, 1));
    const attributes = { auto_pad: { string: 'SAME_UPPER' } };
    expect(await y(graph, graph.node('Conv', [x, kernel], { attributes }), [1, 1, 3], [1, 2, 4])).toEqual([3, 7, 6]);
  });

  it('writes tensor and floats attributes', async () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', 'float', [2]);
    const tensor = { type: 'float', dims: [2], data: Float32Array.of(10, 20) } as const;
    const factors = graph.node('Constant', [], { attributes: { value: { tensor } } });
    const terms = graph.node('Constant', [], { attributes: { value_floats: { floats: [0.5, 0.25] } } });
    const sum = graph.node('Add', [graph.node('Mul', [x, factors]), terms]);
    expect(await y(graph, sum, [2], [1, 2])).toEqual([10.5, 40.25]);
  });

  it('leaves out an optional input', async () => {
    const graph = new OnnxGraph('g');
    const most = graph.constant('most', 'float', [], Float32Array.of(1));
    const clipped = graph.node('Clip', [graph.input('x', 'float', [2]), '', most]);
    expect(await y(graph, clipped, [2], [-7, 7])).toEqual([-7, 1]);
  });

  it('names several outputs', async () => {
    const graph = new OnnxGraph('g');
    const count = graph.constant('count', 'int64', [1], BigInt64Array.of(2n));
    graph.node('TopK', [graph.input('x', 'float', [3]), count], { outputs: ['best', 'indices'] });
    graph.output('indices', 'int64', [2]);
    const session = await InferenceSession.create(graph.build());
    const { indices } = await session.run({ x: new Tensor('float32', [5, 9, 7], [3]) });
    expect(indices?.data).toEqual(BigInt64Array.of(1n, 2n));
    await session.release();
  });

  it('imports the operator set of another domain', async () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', 'float', [1, 2]);
    const attributes = { transB: { int: 1 } };
    const squared = graph.node('FusedMatMul', [x, x], { domain: 'com.microsoft', attributes });
    expect(await y(graph, squared, [1, 1], [3, 4])).toEqual([25]);
  });

  it('writes constants of strings', async () => {
    const graph = new OnnxGraph('g');
    graph.constant('words', 'string', [2], ['größer', '']);
    graph.node('Identity', ['words'], { outputs: ['y'] });
    graph.output('y', 'string', [2]);
    const session = await InferenceSession.create(graph.build());
    expect((await session.run({}))['y']?.data).toEqual(['größer', '']);
    await session.release();
  });

  it('refuses data that does not fit the dims', () => {
    const graph = new OnnxGraph('g');
    graph.constant('w', 'float', [2, 2], new Float32Array(3));
    expect(() => graph.build()).toThrow('w of dims [2, 2] has 4 elements, not 3');
  });

  it('refuses to assign a value twice', () => {
    const graph = new OnnxGraph('g');
    graph.input('x', 'float', [1]);
    expect(() => graph.node('Relu', ['x'], { outputs: ['x'] })).toThrow('a value named x already');
  });
});

/** Makes `value` the model's only output and runs it with the input `x`, whose dims have to be known by then. */
async function y(graph: OnnxGraph, value: string, dims: number[], x: number[]): Promise<number[]> {
  graph.output(value, 'float', dims);
  const session = await InferenceSession.create(graph.build());
  const shape = session.inputMetadata.flatMap((input) => (input.isTensor ? input.shape : [])).map(Number);
  const results = await session.run({ x: new Tensor('float32', x, shape) });
  await session.release();
  return Array.from(results[value]?.data ?? [], Number);
}
