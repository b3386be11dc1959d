import type { OneByOne } from '../bullmq/one-by-one.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import type { CancelOutcome } from '../job-queue.js';
import { inChunks } from './in-chunks.js';
import { CANCEL, JOBS_PER_CALL } from './scripts.js';

/** As scripts/cancel.lua answers them; what is none of these is BullMQ's own matter. */
const OUTCOMES = new Map<unknown, CancelOutcome>([
  [1, 'cancelled'],
  [0, 'started'],
  [2, 'ended'],
]);

/** Jobs are taken out before they start. */
export class Cancelling {
  constructor(
    private readonly parts: TransitionParts,
    private readonly oneByOne: OneByOne,
  ) {}

  async cancel(queue: string, jobIds: readonly string[]): Promise<CancelOutcome[]> {
    const { redis, handles } = this.parts;
    const keys = handles.keysOf(queue);
    const { wait, prioritized, delayed, active, meta, events } = keys;
    const answers = await Promise.all(
      inChunks(jobIds, JOBS_PER_CALL).map((ids) =>
        CANCEL.run(redis, [wait, prioritized, delayed, active, meta, events], [keys.job(''), keys.payload(''), ...ids]),
      ),
    );
    const codes = answers.flat();
    return Promise.all(
      jobIds.map(async (id, index) => {
        const outcome = OUTCOMES.get(codes[index]) ?? (await this.oneByOne.cancel(queue, [id]))[0];
        return outcome ?? 'ended';
      }),
    );
  }
}
