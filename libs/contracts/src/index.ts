export * from './errors.ts';
export * from './datatype.ts';
export * from './tensor.ts';
export * from './model.ts';
export * from './queue-names.ts';
export * from './frame.ts';
export * from './inference.ts';
