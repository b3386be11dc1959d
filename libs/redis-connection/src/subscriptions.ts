import type { Redis } from 'ioredis';
import { redisConnection } from './redis-connection.js';

/** A connection that listens: a handler for each channel, opened by the first of them. */
export class Subscriptions {
  private readonly redis: Redis;
  private readonly handlers = new Map<string, (message: Buffer) => void>();
  private connecting: Promise<void> | undefined;

  /** @param name what CLIENT LIST shows */
  constructor(
    redisUrl: string,
    name: string,
    private readonly onError: (error: Error) => void,
  ) {
    this.redis = redisConnection(redisUrl, name, onError);
    this.redis.on('messageBuffer', (channel: Buffer, message: Buffer) => this.dispatch(String(channel), message));
  }

  /** `onGap`: the connection was interrupted and is back; what was published in between is gone. */
  async add(channel: string, onMessage: (message: Buffer) => void, onGap: () => void): Promise<void> {
    this.handlers.set(channel, onMessage);
    this.connecting ??= this.redis.connect();
    await this.connecting;
    await this.redis.subscribe(channel);
    this.redis.on('ready', () => {
      // ioredis subscribes again by itself, but does not say when Redis has it; to look before would leave a gap.
      this.redis.subscribe(channel).then(onGap, this.onError);
    });
  }

  close(): void {
    this.redis.disconnect();
  }

  private dispatch(channel: string, message: Buffer): void {
    try {
      this.handlers.get(channel)?.(message);
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
