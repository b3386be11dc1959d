import { messageOf } from '@sluice/contracts';
import { Subscriptions } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import { groupBy } from '../group-by.js';
import type { Reply } from '../job-queue.js';
import { decodeReplies, encodeReplies } from '../reply-records.js';
import { repliesChannel } from './keys.js';

export interface AddressedReply extends Reply {
  /** Empty: nobody waits. */
  readonly replyTo: string;
}

/** A channel for each address, a message for all replies that one call has for it. */
export class Replies {
  private readonly subscriptions: Subscriptions;

  constructor(
    private readonly redis: Redis,
    redisUrl: string,
    private readonly prefix: string,
    private readonly onError: (error: Error) => void,
  ) {
    this.subscriptions = new Subscriptions(redisUrl, 'replies', onError);
  }

  channel(replyTo: string): string {
    return repliesChannel(this.prefix, replyTo);
  }

  /** Of jobs that have ended: one that does not arrive is repaired by its reader, and undoes nothing. */
  async send(replies: readonly AddressedReply[]): Promise<void> {
    const groups = groupBy(replies, ({ replyTo }) => replyTo);
    groups.delete('');
    await Promise.all(
      [...groups].map(async ([replyTo, group]) => {
        const { buffer, byteOffset, byteLength } = encodeReplies(group);
        try {
          await this.redis.publish(this.channel(replyTo), Buffer.from(buffer, byteOffset, byteLength));
        } catch (error) {
          const message = `${group.length} replies to ${replyTo} were not sent, it has to look for them: ${messageOf(error)}`;
          this.onError(new Error(message, { cause: error }));
        }
      }),
    );
  }

  listen(replyTo: string, onReplies: (replies: readonly Reply[]) => void, onGap: () => void): Promise<void> {
    return this.subscriptions.add(this.channel(replyTo), (message) => onReplies(decodeReplies(message)), onGap);
  }

  stop(): void {
    this.subscriptions.close();
  }
}
