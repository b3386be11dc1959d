import type { Tensor } from '@sluice/contracts';
import { packBatch } from '@sluice/inference-engine';
import { OnnxGraph, identity, type ElementType } from '@sluice/onnx-writer';
import { EngineFixture } from './engine-fixture.js';

/** Two rows of two, at the edges of each type. */
const VALUES: readonly (readonly [ElementType, Tensor['datatype'], ArrayBufferView])[] = [
  ['bool', 'BOOL', Uint8Array.of(0, 1, 1, 0)],
  ['uint8', 'UINT8', Uint8Array.of(0, 1, 128, 255)],
  ['uint16', 'UINT16', Uint16Array.of(0, 1, 2 ** 15, 2 ** 16 - 1)],
  ['uint32', 'UINT32', Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1)],
  ['uint64', 'UINT64', BigUint64Array.of(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n)],
  ['int8', 'INT8', Int8Array.of(-128, -1, 0, 127)],
  ['int16', 'INT16', Int16Array.of(-(2 ** 15), -1, 0, 2 ** 15 - 1)],
  ['int32', 'INT32', Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1)],
  ['int64', 'INT64', BigInt64Array.of(-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n)],
  ['float16', 'FP16', Uint16Array.of(0x3c00, 0x8000, 0x7bff, 0x7c00)],
  ['float', 'FP32', Float32Array.of(-0, 1.5, Number.POSITIVE_INFINITY, 2 ** -149)],
  ['double', 'FP64', Float64Array.of(-0, Math.PI, Number.NEGATIVE_INFINITY, Number.MIN_VALUE)],
];

describe('datatypes through onnxruntime', () => {
  let fixture: EngineFixture;
  beforeAll(async () => {
    fixture = await EngineFixture.create();
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  it.each(VALUES)('%s comes back as it was', async (type, datatype, values) => {
    const model = await fixture.load(identity([{ name: 'x', type, dims: ['batch', 2] }]));
    expect(model.signature.inputs).toEqual([{ name: 'x', datatype, shape: [-1, 2] }]);
    const bytes = new Uint8Array(values.buffer);
    const { outputs } = await model.run(packBatch([{ name: 'x', datatype, shape: [2, 2], bytes }], ['x_out']));
    expect(outputs).toEqual([{ name: 'x_out', datatype, shape: [2, 2], bytes }]);
  });

  it('strings come back as they were, the empty one and other scripts as well', async () => {
    const model = await fixture.load(identity([{ name: 'x', type: 'string', dims: ['batch'] }]));
    const texts = ['', 'plain', 'ναί 是 🙂'];
    const x: Tensor = { name: 'x', datatype: 'BYTES', shape: [3], bytes: elementsOf(texts) };
    const { outputs } = await model.run(packBatch([x], ['x_out']));
    expect(outputs).toEqual([{ ...x, name: 'x_out' }]);
  });

  it('bytes that are no text are refused before the runtime sees them', async () => {
    const model = await fixture.load(identity([{ name: 'x', type: 'string', dims: ['batch'] }]));
    const x: Tensor = { name: 'x', datatype: 'BYTES', shape: [1], bytes: Uint8Array.of(1, 0, 0, 0, 0xff) };
    const failure = { code: 'inference_failed', message: expect.stringContaining('input x: element 0 is not UTF-8') };
    await expect(model.run(packBatch([x], ['x_out']))).rejects.toMatchObject(failure);
  });

  it('an empty batch gives an empty answer', async () => {
    const model = await fixture.load(identity([{ name: 'x', type: 'float', dims: ['batch', 2] }]));
    const x: Tensor = { name: 'x', datatype: 'FP32', shape: [0, 2], bytes: new Uint8Array() };
    const { outputs } = await model.run(packBatch([x], ['x_out']));
    expect(outputs).toEqual([{ ...x, name: 'x_out' }]);
  });

  it('scalars, and a model without a batch dimension', async () => {
    const graph = new OnnxGraph('mean');
    graph.node('ReduceMean', [graph.input('x', 'float', ['batch', 2])], {
      outputs: ['mean'],
      attributes: { keepdims: { int: 0 } },
    });
    graph.output('mean', 'float', []);
    graph.node('Identity', [graph.input('scale', 'float', [])], { outputs: ['scale_out'] });
    graph.output('scale_out', 'float', []);
    const model = await fixture.load(graph.build());
    expect(model.hasBatchDimension).toBe(false);
    const x: Tensor = { name: 'x', datatype: 'FP32', shape: [2, 2], bytes: floats(1, 2, 3, 6) };
    const scale: Tensor = { name: 'scale', datatype: 'FP32', shape: [], bytes: floats(7) };
    const { outputs } = await model.run(packBatch([x, scale], ['scale_out', 'mean']));
    expect(outputs).toEqual([
      { ...scale, name: 'scale_out' },
      { name: 'mean', datatype: 'FP32', shape: [], bytes: floats(3) },
    ]);
  });

  it('many inputs and outputs in one buffer do not get mixed up', async () => {
    const inputs = VALUES.map(([type, datatype]) => ({ name: datatype, type, dims: ['batch', 2] as const }));
    const model = await fixture.load(identity(inputs));
    const tensors = VALUES.map(([, datatype, values]): Tensor => {
      return { name: datatype, datatype, shape: [2, 2], bytes: new Uint8Array(values.buffer) };
    });
    tensors.reverse();
    const { outputs } = await model.run(
      packBatch(
        tensors,
        tensors.map(({ name }) => `${name}_out`),
      ),
    );
    expect(outputs).toMatchObject(tensors.map(({ datatype, bytes }) => ({ name: `${datatype}_out`, datatype, bytes })));
  });
});

function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function elementsOf(texts: readonly string[]): Uint8Array {
  const elements = texts.flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return [length, Buffer.from(text)];
  });
  return new Uint8Array(Buffer.concat(elements));
}
