export * from './model-store.js';
export * from './content-store.js';
export type { ManifestContent, ManifestFile, ModelManifest } from './manifest.js';
export type { ConfiguredTensor, DynamicBatching, ModelConfig, RaggedDimension } from './model-config.js';
export { configOf } from './manifest.js';
export { faultOfFilePath } from './file-path.js';
export { FolderModelStore } from './folder-model-store.js';
export { LayeredModelStore } from './layered-model-store.js';
export { FolderContentStore } from './content/folder-content-store.js';
