import { redisConnection } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';

/** The connection that listens: a handler for each channel, opened by the first of them. */
export class Subscriptions {
  private readonly redis: Redis;
  private readonly handlers = new Map<string, (message: Buffer) => void>();
  private connecting: Promise<void> | undefined;

  constructor(
    redisUrl: string,
    private readonly onError: (error: Error) => void,
  ) {
    this.redis = redisConnection(redisUrl, 'subscriptions', onError);
    this.redis.on('messageBuffer', (channel: Buffer, message: Buffer) => this.dispatch(String(channel), message));
  }

  /** `onGap`: the connection was interrupted and is back; what was published in between is gone. */
  async add(channel: string, onMessage: (message: Buffer) => void, onGap: () => void): Promise<void> {
    this.handlers.set(channel, onMessage);
    this.connecting ??= this.redis.connect();
    await this.connecting;
    await this.redis.subscribe(channel);
    // ioredis subscribes again by itself after a reconnect.
    this.redis.on('ready', onGap);
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
