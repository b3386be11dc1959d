import type { ErrorBody, InferenceRequest, Tensor, TensorSpec } from '@sluice/contracts';
import type { HostedModel } from '../lifecycle/hosted-model.js';

/**
 * A request in the queue of a version that is out of service, as its live successor can run it: with the inputs in that
 * one's order. It keeps the version that it was sent to, so that its answer says that another one has computed it.
 * @returns why it cannot: it named its version, or does not fit the successor
 */
export function adoptRequest(
  request: InferenceRequest,
  { ref, serving }: Pick<HostedModel, 'ref' | 'serving'>,
): InferenceRequest | ErrorBody {
  const { model, version, unpinned = false, rows, inputs, outputs } = request;
  const goneBy = `version ${version} of ${model} was taken out of service`;
  if (!unpinned) return unavailable(`${goneBy}: ask for version ${ref.version}, which is live, or name none`);
  const { signature, maxBatchSize } = serving;
  const ordered = signature.inputs.flatMap((spec) => inputs.find((tensor) => fits(tensor, spec)) ?? []);
  const known = new Set(signature.outputs.map(({ name }) => name));
  const isWhole = ordered.length === inputs.length && ordered.length === signature.inputs.length;
  const isBatch = maxBatchSize === 0 || ordered.every(({ shape }) => shape[0] === rows);
  if (isWhole && isBatch && outputs.every((name) => known.has(name))) return { ...request, inputs: ordered };
  return unavailable(
    `${goneBy} before the request was run, and version ${ref.version}, which is live, takes other tensors: ` +
      'read its metadata and send the request again',
  );
}

function fits({ name, datatype, shape }: Tensor, spec: TensorSpec): boolean {
  if (name !== spec.name || datatype !== spec.datatype || shape.length !== spec.shape.length) return false;
  return spec.shape.every((size, axis) => size === -1 || size === shape[axis]);
}

function unavailable(message: string): ErrorBody {
  return { code: 'model_unavailable', message };
}
