import type { InferenceResult } from '@sluice/contracts';
import { writeJsonTensor } from './json-tensor-writer.js';

export interface InferReply {
  readonly model: string;
  readonly version: string;
  /** The client's id, echoed when it gave one. */
  readonly id?: string | undefined;
  readonly result: InferenceResult;
}

/**
 * The body of an inference response, as text: JSON.stringify knows neither 64-bit integers nor how short a float can be.
 *
 * @throws SluiceError inference_failed: an output that JSON cannot carry (NaN, an infinity, not UTF-8)
 */
export function formatInferResponse({ model, version, id, result }: InferReply): string {
  const outputs = result.outputs.map(
    (tensor) =>
      `{"name":${JSON.stringify(tensor.name)},"datatype":"${tensor.datatype}",` +
      `"shape":[${tensor.shape.join(',')}],"data":${writeJsonTensor(tensor)}}`,
  );
  const head = JSON.stringify({ model_name: model, model_version: version, id });
  return `${head.slice(0, -1)},"outputs":[${outputs.join(',')}]}`;
}
