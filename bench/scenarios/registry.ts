import type { Scenario } from '../harness/scenario.js';
import { affinity } from './affinity.js';
import { batching } from './batching.js';
import { burst } from './burst.js';
import { crash } from './crash.js';
import { device } from './device.js';
import { memory } from './memory.js';
import { handoff } from './handoff.js';
import { overhead } from './overhead.js';
import { overload } from './overload.js';
import { payload } from './payload.js';
import { placement } from './placement.js';
import { queue } from './queue.js';
import { scale } from './scale.js';
import { share } from './share.js';
import { soak } from './soak.js';
import { steal } from './steal.js';
import { update } from './update.js';

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
  update,
  affinity,
  handoff,
  placement,
  queue,
  scale,
  memory,
  soak,
];
