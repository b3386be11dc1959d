export * from './model-store.js';
export type { ConfiguredTensor, DynamicBatching, ModelConfig } from './model-config.js';
export { FolderModelStore } from './folder-model-store.js';
