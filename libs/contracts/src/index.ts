export * from './errors.js';
export * from './datatype.js';
export * from './tensor.js';
export * from './model.js';
export * from './queue-names.js';
export * from './frame.js';
export * from './inference.js';
