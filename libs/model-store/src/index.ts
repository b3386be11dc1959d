export * from './model-store.js';
export type { ConfiguredTensor, DynamicBatching, ModelConfig, RaggedDimension } from './model-config.js';
export { FolderModelStore } from './folder-model-store.js';
