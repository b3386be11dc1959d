export { EventLoopGap } from './event-loop-gap.js';
export { createLogger, Logger } from './logger.js';
export { NestLogger } from './nest-logger.js';
export { activitySince, totalActivity, type Activity } from './schedtrace/activity.js';
export type { ClassShare } from './schedtrace/class-shares.js';
export { schedTrace, type SchedTrace, type TracedWorker } from './schedtrace/sched-trace.js';
export { schedTraceLine } from './schedtrace/sched-trace-line.js';
