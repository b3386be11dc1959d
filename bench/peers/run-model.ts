import { Tensor, type InferenceSession } from 'onnxruntime-node';

/** A tensor of FP32 as memory. */
export interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * One request, one run: all outputs of the model. It blocks the thread, whatever its promise suggests.
 *
 * @throws Error when the model does not take these inputs, or answers other than FP32
 */
export async function runModel(
  session: InferenceSession,
  inputs: readonly FloatTensor[],
): Promise<readonly FloatTensor[]> {
  const feeds = Object.fromEntries(inputs.map(({ name, shape, data }) => [name, new Tensor('float32', data, shape)]));
  const results = await session.run(feeds);
  return Object.entries(results).map(([name, { dims, data }]) => {
    if (!(data instanceof Float32Array)) throw new Error(`output ${name} is not FP32: the peers answer nothing else`);
    return { name, shape: dims, data: data as Float32Array<ArrayBuffer> };
  });
}
