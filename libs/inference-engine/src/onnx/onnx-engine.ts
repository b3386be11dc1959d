import type { EngineConfiguration } from '../engine-configuration.js';
import { ThreadedEngine } from '../thread/threaded-engine.js';
import { parseExecutionDevice } from './execution-device.js';

/**
 * onnxruntime behind engine threads: one for each model version, so that loading the next version does not stall the one
 * in service; on WebGPU one for all of them.
 */
export class OnnxEngine extends ThreadedEngine {
  /** @throws SluiceError model_unavailable when configuration.device is no device */
  constructor(configuration: EngineConfiguration) {
    super({
      entry: new URL('./onnx-thread.js', import.meta.url),
      workerData: configuration,
      threads: parseExecutionDevice(configuration.device).oneThreadOnly ? 'one-for-all' : 'one-per-model',
    });
  }
}
