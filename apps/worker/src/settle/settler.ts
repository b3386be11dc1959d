import { Injectable } from '@nestjs/common';
import { messageOf } from '@sluice/contracts';
import { Cluster, type Reply } from '@sluice/cluster';
import { JobQueue, type DroppedJob, type LeasedJob, type Outcome, type SettleOutcome } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import { LeaseKeeper } from '../lease/lease-keeper.js';

/**
 * The end of a job: settle first, then reply, and only for those whose settle held. A holder that lost its lease stays
 * silent, so that a client never sees two answers. Replies go out in one message per API process.
 */
@Injectable()
export class Settler {
  constructor(
    private readonly queue: JobQueue,
    private readonly cluster: Cluster,
    private readonly leases: LeaseKeeper,
    private readonly logger: Logger,
  ) {}

  /** @returns for each, in order, whether its settle held */
  async settle(ended: readonly (readonly [LeasedJob, Outcome])[]): Promise<SettleOutcome[]> {
    // Whatever comes of it, nothing is held any more: what could not be settled lapses, and runs again.
    const settled = await this.queue
      .settle(ended.map(([{ lease }, outcome]) => ({ lease, outcome })))
      .finally(() => this.leases.drop(ended.map(([{ lease }]) => lease)));
    const replies = new Map<string, Reply[]>();
    for (const [index, [{ lease, replyTo }, outcome]] of ended.entries()) {
      const { jobId } = lease;
      if (settled[index] === 'settled') addTo(replies, replyTo, replyOf(jobId, outcome));
      else this.logger.warn({ jobId, attempt: lease.attempt }, 'settle_lost');
    }
    await this.send(replies);
    return settled;
  }

  /** For jobs that the queue has ended by itself. */
  async replyDropped(dropped: readonly DroppedJob[]): Promise<void> {
    const replies = new Map<string, Reply[]>();
    for (const { jobId, replyTo, error } of dropped) {
      this.logger.info({ jobId, code: error.code }, 'job_dropped');
      addTo(replies, replyTo, { jobId, error });
    }
    await this.send(replies);
  }

  private async send(replies: ReadonlyMap<string, Reply[]>): Promise<void> {
    await Promise.all(
      [...replies].map(async ([apiId, batch]) => {
        // A reply that does not arrive is repaired by its reader: the finished job keeps its result.
        const heard = await this.cluster.reply(apiId, batch).catch((error: unknown) => {
          this.logger.warn({ apiId, reason: messageOf(error) }, 'reply_failed');
          return true;
        });
        if (!heard) this.logger.info({ apiId, replies: batch.length }, 'nobody_waits_for_replies');
      }),
    );
  }
}

function replyOf(jobId: string, outcome: Outcome): Reply {
  return outcome.ok ? { jobId, result: outcome.result } : { jobId, error: outcome.error };
}

function addTo(replies: Map<string, Reply[]>, apiId: string, reply: Reply): void {
  // Nobody waits for an update.
  if (apiId === '') return;
  const batch = replies.get(apiId);
  if (batch) batch.push(reply);
  else replies.set(apiId, [reply]);
}
