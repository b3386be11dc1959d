import type { Scenario } from '../harness/scenario.js';
import { affinity } from './affinity.js';
import { batching } from './batching.js';
import { burst } from './burst.js';
import { crash } from './crash.js';
import { device } from './device.js';
import { overhead } from './overhead.js';
import { overload } from './overload.js';
import { payload } from './payload.js';
import { share } from './share.js';
import { steal } from './steal.js';

/** Every scenario that `npm run bench` knows. */
export const SCENARIOS: readonly Scenario[] = [
  overhead,
  batching,
  device,
  payload,
  share,
  burst,
  overload,
  crash,
  steal,
  affinity,
];
