export * from './errors.js';
export * from './datatype.js';
export * from './tensor.js';
export * from './model.js';
export * from './model-cost.js';
export * from './queue-names.js';
export * from './share-class.js';
export * from './update-job.js';
export * from './rollout.js';
export { decodeStageResult, stageResult } from './stage-result.js';
export * from './frame.js';
export {
  decodeRequest,
  decodeResult,
  encodeRequest,
  encodeResult,
  type InferenceRequest,
  type InferenceResult,
} from './inference.js';
export * from './golden-set.js';
