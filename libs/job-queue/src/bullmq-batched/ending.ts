import type { ScriptArgument } from '@sluice/redis-connection';
import type { AddressedReply } from '../bullmq/replies.js';
import { keptNote } from '../bullmq/retention.js';
import type { StoredBytes, StoredJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import { formatFailure } from '../failure-text.js';
import type { Outcome, Settlement } from '../job-queue.js';
import { limitResult } from '../limits.js';
import { retentionClass } from '../retention.js';
import { storeBytes } from './stored-bytes.js';

/** The books begin at these keys of the script. */
const BOOKS = { brief: 10, long: 13 };

/** How one job is to end, as the script that settles wants to know it. */
export interface Ending {
  readonly jobId: string;
  /** What it may have in common with others, but for the channel of its reply. */
  readonly terms: readonly (string | number)[];
  /** What is its own. */
  readonly own: readonly ScriptArgument[];
  /** Of a result with a key of its own; to be waited for together with the script. */
  readonly written: Promise<unknown> | undefined;
  /** To whom the script replies; empty: to nobody. */
  readonly replyTo: string;
  /** What the script does not have in its hands, and is to be sent behind it. */
  readonly replyBehind: AddressedReply | undefined;
}

type EndingParts = Pick<TransitionParts, 'redis' | 'handles' | 'retention' | 'settings'>;

/** Writes a large result beside the job, in front of the script. */
export function prepareEnding(parts: EndingParts, settlement: Settlement, data: StoredJobData): Ending {
  const { jobId, token, holder, attempt } = settlement.lease;
  const outcome = limitResult(settlement.outcome, parts.settings);
  const removeAt = parts.retention.removalOf(data);
  const { value, result, kept, written, isApart } = store(parts, settlement, outcome, data, removeAt);
  const state = outcome.ok ? 'completed' : 'failed';
  const books = BOOKS[retentionClass(data.keepResultMs)];
  const payload = placeOf(data.payload);
  return {
    jobId,
    terms: [token, holder, attempt, state, books, removeAt, payload],
    own: [value, result, kept],
    written,
    replyTo: isApart ? '' : data.replyTo,
    replyBehind: isApart ? { jobId, outcome, replyTo: data.replyTo } : undefined,
  };
}

function store(
  { redis, handles }: EndingParts,
  { lease: { queue, jobId, token } }: Settlement,
  outcome: Outcome,
  { payload }: StoredJobData,
  removeAt: number,
) {
  if (!outcome.ok) {
    // A job that failed keeps a small payload: somebody may retry it in Bull Board.
    const kept = keptNote('field' in payload ? payload.bytes : 0, undefined);
    return { value: formatFailure(outcome.error), result: '', kept, written: undefined, isApart: false };
  }
  const key = handles.keysOf(queue).result(jobId, token);
  const { stored, inHash, written } = storeBytes(redis, 'result', key, outcome.result, removeAt);
  const kept = keptNote(0, { stored, bytes: outcome.result.byteLength });
  return { value: JSON.stringify(stored), result: inHash, kept, written, isApart: 'key' in stored };
}

/** Where the script finds the payload, to remove it. */
function placeOf(payload: StoredBytes): string {
  if ('key' in payload) return payload.key;
  return 'field' in payload ? 'in the hash' : '';
}
