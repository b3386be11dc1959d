import { keepAgeOf } from '../bullmq/job-options.js';
import type { OneByOne } from '../bullmq/one-by-one.js';
import type { AddressedReply } from '../bullmq/replies.js';
import type { StoredJobData } from '../bullmq/stored-job.js';
import type { TransitionParts } from '../bullmq/transitions.js';
import { groupBy } from '../group-by.js';
import type { SettleOutcome, Settlement } from '../job-queue.js';
import { prepareEnding } from './ending.js';
import { inChunks } from './in-chunks.js';
import type { LeasedData } from './leased-data.js';
import { Numbering } from './numbering.js';
import { JOBS_PER_CALL, SETTLE } from './scripts.js';

interface Placed {
  readonly settlement: Settlement;
  readonly data: StoredJobData;
  readonly place: number;
}

/** Jobs end: outcome, result, books, replies and what is no longer needed in one call for each queue. */
export class Settling {
  constructor(
    private readonly parts: TransitionParts,
    private readonly leased: LeasedData,
    private readonly oneByOne: OneByOne,
  ) {}

  async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const outcomes: (SettleOutcome | undefined)[] = settlements.map(() => undefined);
    const data = await Promise.all(settlements.map(({ lease }) => this.leased.find(lease)));
    const known = settlements.flatMap((settlement, place): Placed[] => {
      const found = data[place];
      return found ? [{ settlement, data: found, place }] : [];
    });
    const calls = [...groupBy(known, ({ settlement }) => settlement.lease.queue)].flatMap(([queue, ofQueue]) =>
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
  private async end(queue: string, placed: readonly Placed[], outcomes: (SettleOutcome | undefined)[]): Promise<void> {
    const { redis, handles, clock, retention, replies, settings } = this.parts;
    const { keys } = handles.of(queue);
    const { wait, prioritized, active, stalled, events, completed, failed, meta, marker } = keys;
    await retention.know(queue);
    const now = clock.now();
    const endings = placed.map(({ settlement, data }) => prepareEnding(this.parts, settlement, data));
    const channels = new Numbering<string>();
    const terms = new Numbering<readonly (string | number)[]>();
    const entries = endings.flatMap(({ jobId, terms: common, own, replyTo }) => {
      const channel = replyTo === '' ? 0 : channels.numberOf(replyTo, () => replies.channel(replyTo));
      const number = terms.numberOf([...common, channel].join('\n'), () => [...common, channel]);
      return [jobId, number, ...own];
    });
    const states = [wait, prioritized, active, stalled, events, completed, failed, meta, marker];
    const books = [...retention.keys(queue, 'brief'), ...retention.keys(queue, 'long')];
    const endedBefore = Math.floor(now - keepAgeOf(settings) * 1000);
    const numbered = [channels.count, ...channels.values, terms.count, ...terms.values.flat()];
    const settling = SETTLE.run(
      redis,
      [...states, ...books],
      [keys.job(''), now, endedBefore, ...numbered, ...entries],
    );
    const [answer] = await Promise.all([settling, ...endings.map(({ written }) => written)]);
    const codes = Array.isArray(answer) ? answer.map(Number) : [];
    const unanswered: AddressedReply[] = [];
    for (const [index, { place }] of placed.entries()) {
      const code = codes[index];
      if (code !== -1) outcomes[place] = code === 1 ? 'settled' : 'lost';
      const { replyBehind } = endings[index] ?? {};
      if (code === 1 && replyBehind) unanswered.push(replyBehind);
    }
    await replies.send(unanswered);
  }
}
