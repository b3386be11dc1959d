export { Clock, type Timer } from './clock.js';
export { SystemClock } from './system-clock.js';
