import type { ScriptArgument } from '@sluice/redis-connection';
import { keepAgeOf } from '../bullmq/job-options.js';
import type { OneByOne } from '../bullmq/one-by-one.js';
import { keptNote } from '../bullmq/retention.js';
import { formatFailure, type StoredBytes, type StoredJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import { groupBy } from '../group-by.js';
import type { Outcome, SettleOutcome, Settlement } from '../job-queue.js';
import { limitResult } from '../limits.js';
import { retentionClass } from '../retention.js';
import { inChunks } from './in-chunks.js';
import type { LeasedData } from './leased-data.js';
import { JOBS_PER_CALL, SETTLE } from './scripts.js';
import { storeBytes } from './stored-bytes.js';

interface Ending {
  readonly settlement: Settlement;
  readonly data: StoredJobData;
  readonly place: number;
}

/** The books begin at these keys of the script. */
const BOOKS = { brief: 10, long: 13 };

/** Jobs end: outcome, result, books and what is no longer needed in one call for each queue. */
export class Settling {
  constructor(
    private readonly parts: TransitionParts,
    private readonly leased: LeasedData,
    private readonly oneByOne: OneByOne,
  ) {}

  async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const outcomes: (SettleOutcome | undefined)[] = settlements.map(() => undefined);
    const data = await Promise.all(settlements.map(({ lease }) => this.leased.find(lease)));
    const endings = settlements.flatMap((settlement, place): Ending[] => {
      const known = data[place];
      return known ? [{ settlement, data: known, place }] : [];
    });
    const calls = [...groupBy(endings, ({ settlement }) => settlement.lease.queue)].flatMap(([queue, ofQueue]) =>
      inChunks(ofQueue, JOBS_PER_CALL).map((chunk) => this.end(queue, chunk, outcomes)),
    );
    await Promise.all(calls);
    const rest = settlements.flatMap((_, place) => (outcomes[place] === undefined ? [place] : []));
    if (rest.length > 0) {
      const others = await this.oneByOne.settle(rest.flatMap((place) => settlements[place] ?? []));
      for (const [index, place] of rest.entries()) outcomes[place] = others[index];
    }
    return outcomes.map((outcome) => outcome ?? 'lost');
  }

  /** Fills in what came of them; leaves out those that are BullMQ's own matter. */
  private async end(queue: string, endings: readonly Ending[], outcomes: (SettleOutcome | undefined)[]): Promise<void> {
    const { redis, handles, clock, retention, settings } = this.parts;
    const { keys } = handles.of(queue);
    const { wait, prioritized, active, stalled, events, completed, failed, meta, marker } = keys;
    await retention.know(queue);
    const written: Promise<unknown>[] = [];
    const now = clock.now();
    const entries = endings.flatMap(({ settlement, data }) => {
      const { entry, written: result } = this.entry(settlement, data);
      if (result) written.push(result);
      return entry;
    });
    const states = [wait, prioritized, active, stalled, events, completed, failed, meta, marker];
    const books = [...retention.keys(queue, 'brief'), ...retention.keys(queue, 'long')];
    const endedBefore = Math.floor(now - keepAgeOf(settings) * 1000);
    const settling = SETTLE.run(redis, [...states, ...books], [keys.job(''), now, endedBefore, ...entries]);
    const [answer] = await Promise.all([settling, ...written]);
    const codes = Array.isArray(answer) ? answer.map(Number) : [];
    for (const [index, { place }] of endings.entries()) {
      const code = codes[index];
      if (code !== -1) outcomes[place] = code === 1 ? 'settled' : 'lost';
    }
  }

  private entry({ lease, outcome: given }: Settlement, data: StoredJobData) {
    const { retention, settings } = this.parts;
    const { queue, jobId, token, holder, attempt } = lease;
    const outcome = limitResult(given, settings);
    const removeAt = retention.removalOf(data);
    const { value, result, kept, written } = this.ending(queue, jobId, token, outcome, data, removeAt);
    const state = outcome.ok ? 'completed' : 'failed';
    const books = BOOKS[retentionClass(data.keepResultMs)];
    const entry: ScriptArgument[] = [
      jobId,
      token,
      holder,
      attempt,
      state,
      value,
      result,
      books,
      removeAt,
      kept,
      placeOf(data.payload),
    ];
    return { entry, written };
  }

  private ending(
    queue: string,
    jobId: string,
    token: string,
    outcome: Outcome,
    { payload }: StoredJobData,
    removeAt: number,
  ) {
    if (!outcome.ok) {
      // A job that failed keeps a small payload: somebody may retry it in Bull Board.
      const payloadBytes = 'field' in payload ? payload.bytes : 0;
      return {
        value: formatFailure(outcome.error),
        result: '',
        kept: keptNote(payloadBytes, undefined),
        written: undefined,
      };
    }
    const { redis, handles } = this.parts;
    const key = handles.keysOf(queue).result(jobId, token);
    const { stored, inHash, written } = storeBytes(redis, 'result', key, outcome.result, removeAt);
    const kept = keptNote(0, { stored, bytes: outcome.result.byteLength });
    return { value: JSON.stringify(stored), result: inHash, kept, written };
  }
}

/** Where the script finds the payload, to remove it. */
function placeOf(payload: StoredBytes): string {
  if ('key' in payload) return payload.key;
  return 'field' in payload ? 'in the hash' : '';
}
