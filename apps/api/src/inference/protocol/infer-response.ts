import type { InferenceResult, Tensor } from '@sluice/contracts';
import { writeJsonTensor } from './json-tensor-writer.js';
import type { RequestedOutput } from './requested-outputs.js';

export interface InferReply {
  readonly model: string;
  /** The version that was asked; the result names another one where that has answered. */
  readonly version: string;
  /** The client's id, echoed when it gave one. */
  readonly id?: string | undefined;
  readonly result: InferenceResult;
  /** In which form each output is answered. */
  readonly outputs: readonly RequestedOutput[];
}

/** What goes out over HTTP. */
export interface InferResponse {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | Uint8Array;
}

/**
 * An inference response: JSON, and behind it the outputs that are binary tensor data, in their order. The JSON is written
 * by hand: JSON.stringify knows neither 64-bit integers nor how short a float can be.
 *
 * @throws SluiceError inference_failed: an output that JSON cannot carry (NaN, an infinity, not UTF-8)
 */
export function formatInferResponse({ model, version, id, result, outputs }: InferReply): InferResponse {
  const raw: Uint8Array[] = [];
  const tensors = result.outputs.map((tensor) => {
    const isBinary = outputs.some(({ name, isBinary: binary }) => binary && name === tensor.name);
    if (!isBinary) return `${describe(tensor)},"data":${writeJsonTensor(tensor)}}`;
    raw.push(tensor.bytes);
    return `${describe(tensor)},"parameters":{"binary_data_size":${tensor.bytes.byteLength}}}`;
  });
  const head = JSON.stringify({ model_name: model, model_version: result.version ?? version, id });
  const json = `${head.slice(0, -1)},"outputs":[${tensors.join(',')}]}`;
  if (raw.length === 0) return { headers: { 'content-type': 'application/json' }, body: json };
  const jsonBytes = Buffer.from(json);
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': jsonBytes.byteLength,
    },
    body: Buffer.concat([jsonBytes, ...raw]),
  };
}

/** An output's JSON without its end. */
function describe({ name, datatype, shape }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`;
}
