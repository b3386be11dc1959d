import type { Scenario } from '../harness/scenario.js';
import { batching } from './batching.js';
import { device } from './device.js';
import { overhead } from './overhead.js';
import { payload } from './payload.js';

/** Every scenario that `npm run bench` knows. */
export const SCENARIOS: readonly Scenario[] = [overhead, batching, device, payload];
