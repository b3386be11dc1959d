import { decodeFrame, encodeFrame } from './frame.js';
import { attachTensors, describeTensor, tensorHeader } from './inference.js';
import type { Tensor } from './tensor.js';
import { z } from 'zod';

/** One request whose answer is known. */
export interface GoldenItem {
  /** Rows along the batch dimension; 1 where the model has none. */
  readonly rows: number;
  /** In the order of the model's signature. */
  readonly inputs: readonly Tensor[];
  /** What is to come out; undefined: what the live version says. */
  readonly outputs?: readonly Tensor[] | undefined;
}

const itemHeader = z.object({
  rows: z.int().positive(),
  inputs: z.array(tensorHeader),
  outputs: z.array(tensorHeader).optional(),
});

export function encodeGoldenSet(items: readonly GoldenItem[]): Uint8Array {
  const described = items.map(({ rows, inputs, outputs }) => ({
    rows,
    inputs: inputs.map(describeTensor),
    ...(outputs && { outputs: outputs.map(describeTensor) }),
  }));
  return encodeFrame(
    described,
    items.flatMap(({ inputs, outputs = [] }) => [...inputs, ...outputs]).map(({ bytes }) => bytes),
  );
}

/**
 * One item at a time, so that whoever reads thousands can do something else in between.
 * @throws Error or ZodError, when it comes to it, where the bytes are no golden set
 */
export function* decodeGoldenSet(bytes: Uint8Array): Generator<GoldenItem, void> {
  const { header, sections } = decodeFrame(bytes);
  let at = 0;
  const take = (headers: z.infer<typeof tensorHeader>[]) => {
    const tensors = attachTensors(headers, sections.slice(at, at + headers.length));
    at += headers.length;
    return tensors;
  };
  for (const item of z.array(z.unknown()).parse(header)) {
    const { rows, inputs, outputs } = itemHeader.parse(item);
    yield { rows, inputs: take(inputs), ...(outputs && { outputs: take(outputs) }) };
  }
}
