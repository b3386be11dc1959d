import type { WorkerReport } from '@sluice/cluster';
import type { ModelReport, ServedModel } from '@sluice/contracts';

/** How every model of the tests is served. */
export const SERVING: ServedModel = {
  platform: 'onnxruntime_onnx',
  signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }], outputs: [] },
  maxBatchSize: 32,
  device: 'cpu',
};

/** Version 1 of a model, ready. */
export function ready(model: string, serving: Partial<ServedModel> = {}): ModelReport {
  return { model, version: '1', state: 'ready', serving: { ...SERVING, ...serving } };
}

/** What a worker says of itself. */
export function worker(
  id: string,
  models: readonly ModelReport[],
  state: WorkerReport['state'] = 'serving',
): WorkerReport {
  return { id, host: 'here', pid: 1, device: 'cpu', state, startedAt: 0, models, applied: {} };
}
