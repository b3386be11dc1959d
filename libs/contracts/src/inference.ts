import { z } from 'zod';
import { DATATYPES, type Datatype } from './datatype.js';
import { decodeFrame, encodeFrame } from './frame.js';
import type { Tensor } from './tensor.js';

/** One inference request as the worker receives it: already checked against the model's signature. */
export interface InferenceRequest {
  readonly model: string;
  readonly version: string;
  /** Sluice chose the version: if it is taken out of service meanwhile, the one that is live answers. */
  readonly unpinned?: boolean | undefined;
  /** Rows along the batch dimension; 1 where the model has none. */
  readonly rows: number;
  /** In the order of the model's signature. */
  readonly inputs: readonly Tensor[];
  /** The outputs asked for, in the order in which they are answered. */
  readonly outputs: readonly string[];
}

/** What a worker answers: the outputs asked for, in the request's order. */
export interface InferenceResult {
  /** The version that has answered, where it is not the one that was asked. */
  readonly version?: string | undefined;
  readonly outputs: readonly Tensor[];
}

export const tensorHeader = z.object({
  name: z.string(),
  datatype: z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]),
  shape: z.array(z.number().int().nonnegative()),
});
const requestHeader = z.object({
  model: z.string(),
  version: z.string(),
  unpinned: z.boolean().optional(),
  rows: z.number().int().positive(),
  inputs: z.array(tensorHeader),
  outputs: z.array(z.string()),
});
const resultHeader = z.object({ version: z.string().optional(), outputs: z.array(tensorHeader) });

/** @param within memory in which the inputs may lie and which nobody reads any more: see `encodeFrame` */
export function encodeRequest(
  { model, version, unpinned, rows, inputs, outputs }: InferenceRequest,
  within?: Uint8Array,
): Uint8Array {
  return encodeFrame(
    { model, version, unpinned, rows, inputs: inputs.map(describeTensor), outputs },
    inputs.map(({ bytes }) => bytes),
    within,
  );
}

/** @throws Error or ZodError when the payload is not an inference request (somebody else wrote to the queue). */
export function decodeRequest(payload: Uint8Array): InferenceRequest {
  const { header, sections } = decodeFrame(payload);
  const request = requestHeader.parse(header);
  return { ...request, inputs: attachTensors(request.inputs, sections) };
}

export function encodeResult({ version, outputs }: InferenceResult): Uint8Array {
  return encodeFrame(
    { version, outputs: outputs.map(describeTensor) },
    outputs.map(({ bytes }) => bytes),
  );
}

/** @throws Error or ZodError when the bytes are not a result. */
export function decodeResult(bytes: Uint8Array): InferenceResult {
  const { header, sections } = decodeFrame(bytes);
  const { version, outputs } = resultHeader.parse(header);
  return { ...(version !== undefined && { version }), outputs: attachTensors(outputs, sections) };
}

export function describeTensor({ name, datatype, shape }: Tensor) {
  return { name, datatype, shape };
}

export function attachTensors(headers: z.infer<typeof tensorHeader>[], sections: readonly Uint8Array[]): Tensor[] {
  if (headers.length !== sections.length)
    throw new Error(`${headers.length} tensors are named, ${sections.length} are there`);
  return headers.map((header, index) => ({ ...header, bytes: sections[index] as Uint8Array }));
}
