export { ApiConfig, compileApiConfig, compileWorkerConfig, WorkerConfig } from './config.js';
export { configurationTable } from './configuration-table.js';
