export * from './element-type.js';
export type { Attribute, Attributes } from './attribute.js';
export type { TensorValue } from './tensor-value.js';
export type { Dimension, ValueInfo } from './value-info.js';
export { OnnxGraph, type NodeOptions } from './onnx-graph.js';
export * from './random-weights.js';
export * from './mlp.js';
export * from './identity.js';
