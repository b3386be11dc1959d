import { packBatch } from '@sluice/inference-engine';
import { MODEL_UPDATE_CLASS } from '@sluice/contracts';
import type { Device } from '../execute/device.js';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { generateInputs } from './generated-inputs.js';

/**
 * Runs a version once at every shape that it will be asked for: each bucket, one row and a full batch. The first run of a
 * shape allocates and compiles, and no request is to wait for that. Each run is a slice.
 * @param jobId on whose behalf
 * @param onProgress 0 to 1
 * @throws SluiceError inference_failed when the version cannot compute made-up inputs
 */
export async function* warmUp(
  model: HostedModel,
  device: Device,
  jobId: string,
  onProgress: (progress: number) => void,
): AsyncGenerator<number, void> {
  const { loaded, serving, raggedness } = model;
  const outputs = serving.signature.outputs.map(({ name }) => name);
  const rowCounts = [...new Set([1, Math.max(1, serving.maxBatchSize)])];
  const shapes = [...raggedness.buckets()].flatMap(([bucket, sizes]) =>
    rowCounts.map((rows) => ({ bucket, sizes, rows })),
  );
  for (const [index, { bucket, sizes, rows }] of shapes.entries()) {
    const batch = packBatch(generateInputs(loaded.signature, rows, sizes), outputs);
    const run = { model, rows, bucket, jobIds: [jobId], shareClass: MODEL_UPDATE_CLASS };
    const { deviceMs } = await device.run(run, batch);
    onProgress((index + 1) / shapes.length);
    yield deviceMs;
  }
}
