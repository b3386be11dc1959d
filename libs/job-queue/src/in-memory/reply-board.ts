import { groupBy } from '../group-by.js';
import type { Reply } from '../job-queue.js';
import { decodeReplies, encodeReplies } from '../reply-records.js';
import type { MemoryJob } from './memory-job.js';

interface Listener {
  /** To whom it belongs. */
  readonly who: object;
  readonly hear: (replies: readonly Reply[]) => void;
}

/** Who hears the replies to which address. What nobody hears is gone. */
export class ReplyBoard {
  private readonly listeners = new Map<string, Listener>();

  /** `hear` is called within the sender's turn: a process takes care of its own. */
  listen(who: object, replyTo: string, hear: (replies: readonly Reply[]) => void): void {
    this.listeners.set(replyTo, { who, hear });
  }

  leave(who: object): void {
    for (const [replyTo, listener] of this.listeners) if (listener.who === who) this.listeners.delete(replyTo);
  }

  /** Answers jobs that one call has ended. */
  answer(ended: readonly MemoryJob[]): void {
    for (const [replyTo, jobs] of groupBy(ended, ({ spec }) => spec.replyTo)) {
      const replies = jobs.flatMap(({ spec: { id: jobId }, ended: end }) =>
        end ? { jobId, outcome: end.outcome } : [],
      );
      // Through the same bytes as on the wire.
      if (replyTo !== '') this.listeners.get(replyTo)?.hear(decodeReplies(encodeReplies(replies)));
    }
  }
}
