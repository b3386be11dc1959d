import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ElementType } from './element-type.js';
import { identity } from './identity.js';

const TENSORS: [ElementType, Tensor][] = [
  ['float', new Tensor('float32', Float32Array.of(1.5, -2), [2])],
  ['double', new Tensor('float64', Float64Array.of(1.5, -2), [2])],
  // Bit patterns: 1.0 and 65504.
  // Not float16, which Node 24 cannot feed (microsoft/onnxruntime#32323) but through the engine: see test/onnx.
  ['uint8', new Tensor('uint8', Uint8Array.of(0, 255), [2])],
  ['int8', new Tensor('int8', Int8Array.of(-128, 127), [2])],
  ['uint16', new Tensor('uint16', Uint16Array.of(0, 65_535), [2])],
  ['int16', new Tensor('int16', Int16Array.of(-32_768, 32_767), [2])],
  ['uint32', new Tensor('uint32', Uint32Array.of(0, 2 ** 32 - 1), [2])],
  ['int32', new Tensor('int32', Int32Array.of(-1, 1), [2])],
  ['uint64', new Tensor('uint64', BigUint64Array.of(0n, 2n ** 64n - 1n), [2])],
  ['int64', new Tensor('int64', BigInt64Array.of(-1n, 2n ** 63n - 1n), [2])],
  ['bool', new Tensor('bool', Uint8Array.of(0, 1), [2])],
  ['string', new Tensor('string', ['', 'größer'], [2])],
];

describe('identity', () => {
  it.each(TENSORS)('answers %s as it came', async (type, tensor) => {
    const session = await InferenceSession.create(identity([{ name: 'x', type, dims: ['batch'] }]));
    const { x_out: answer } = await session.run({ x: tensor });
    await session.release();
    expect(answer?.type).toBe(tensor.type);
    expect(answer?.data).toEqual(tensor.data);
  });

  it('takes several inputs, with and without a variable dimension', async () => {
    const session = await InferenceSession.create(
      identity([
        { name: 'a', type: 'float', dims: ['batch', 2] },
        { name: 'b', type: 'int64', dims: [1] },
      ]),
    );
    expect(session.inputMetadata).toMatchObject([
      { name: 'a', shape: ['batch', 2] },
      { name: 'b', shape: [1] },
    ]);
    expect(session.outputNames).toEqual(['a_out', 'b_out']);
    await session.release();
  });
});
