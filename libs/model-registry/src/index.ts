export * from './model-registry.js';
export type { Change, ChangeNote, Revision } from './change.js';
export { unregistered, type RegisteredModel } from './registered-model.js';
export { InMemoryModelRegistry } from './in-memory/in-memory-model-registry.js';
export { InMemoryRegistryHub } from './in-memory/in-memory-registry-hub.js';
export { RedisModelRegistry, type RedisModelRegistryOptions } from './redis/redis-model-registry.js';
