export * from './inference-engine.js';
export { packBatch } from './pack-batch.js';
export type { EngineConfiguration } from './engine-configuration.js';
export { OnnxEngine } from './onnx/onnx-engine.js';
export { sessionOptions } from './onnx/session-options.js';
export { ScriptedEngine } from './scripted/scripted-engine.js';
export { SimulatedEngine, type SimulatedDevice } from './scripted/simulated-engine.js';
export type { Ledger } from './scripted/ledger.js';
export type { ScriptedModelFile } from './scripted/scripted-model.js';
