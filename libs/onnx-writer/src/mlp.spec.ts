import { InferenceSession, Tensor } from 'onnxruntime-node';
import { mlp } from './mlp.js';
import { randomWeights, seededRandom } from './random-weights.js';

describe('mlp', () => {
  it('computes Gemm and Relu layer by layer, for any number of rows', async () => {
    const x = [0.5, -1, 2, 0.25, 3, -0.75];
    const session = await InferenceSession.create(mlp([3, 5, 2], 42));
    const { y } = await session.run({ x: new Tensor('float32', x, [2, 3]) });
    await session.release();

    const random = seededRandom(42);
    const [w0, b0] = [randomWeights(15, 1 / Math.sqrt(3), random), randomWeights(5, 1 / Math.sqrt(3), random)];
    const [w1, b1] = [randomWeights(10, 1 / Math.sqrt(5), random), randomWeights(2, 1 / Math.sqrt(5), random)];
    const expected = [x.slice(0, 3), x.slice(3)].flatMap((row) => {
      const hidden = gemm(row, w0, b0).map((value) => Math.max(0, value));
      return gemm(hidden, w1, b1);
    });
    expect(y?.dims).toEqual([2, 2]);
    for (const [index, value] of expected.entries()) expect(y?.data[index]).toBeCloseTo(value, 5);
  });

  it('is the same model for the same seed, another for another', () => {
    expect(mlp([4, 4], 7)).toEqual(mlp([4, 4], 7));
    expect(mlp([4, 4], 7)).not.toEqual(mlp([4, 4], 8));
  });

  it('is bound by its weights', () => {
    expect(mlp([256, 512, 10]).byteLength).toBeCloseTo(4 * (256 * 512 + 512 + 512 * 10 + 10), -3);
  });

  it('needs two widths', () => {
    expect(() => mlp([8])).toThrow(RangeError);
  });
});

/** row [inputs] x weights [inputs, outputs] + bias [outputs] */
function gemm(row: readonly number[], weights: Float32Array, bias: Float32Array): number[] {
  return Array.from(bias, (start, output) =>
    row.reduce((sum, value, input) => sum + value * weights[input * bias.length + output]!, start),
  );
}
