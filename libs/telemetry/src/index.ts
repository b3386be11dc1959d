export { createLogger, Logger } from './logger.js';
export { NestLogger } from './nest-logger.js';
