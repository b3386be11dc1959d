export { parseApiKeys, type ApiKey, type KeyLimits, type Role } from './api-keys.js';
export { ApiConfig, compileApiConfig, compileUpConfig, compileWorkerConfig, WorkerConfig } from './config.js';
export type { DoorConfig } from './door-config.js';
export { configurationTable } from './configuration-table.js';
export { unknownSettings } from './unknown-settings.js';
