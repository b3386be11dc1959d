import { redisConnection } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import { Cluster, type Reply, type WorkerReport } from '../cluster.js';
import { decodeReplies, encodeReplies } from '../reply-frame.js';
import { ClusterKeys } from './keys.js';
import { Presence } from './presence.js';

export interface RedisClusterOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** How long a worker counts as alive without being heard of. */
  readonly presenceMs: number;
  readonly onError: (error: Error) => void;
}

/** A run is forgotten after this; recovery takes seconds. */
const KEEP_RUN_MS = 60_000;
const PING_MS = 1_000;

/** Presence as keys that expire, replies as one pub/sub channel per API process. */
export class RedisCluster extends Cluster {
  private readonly redis: Redis;
  private readonly subscriber: Redis;
  private readonly keys: ClusterKeys;
  private readonly presence: Presence;
  private readonly onError: (error: Error) => void;

  constructor({ redisUrl, prefix, presenceMs, onError }: RedisClusterOptions) {
    super();
    this.onError = onError;
    this.redis = redisConnection(redisUrl, 'cluster', onError);
    this.subscriber = redisConnection(redisUrl, 'replies', onError);
    this.keys = new ClusterKeys(prefix);
    this.presence = new Presence(this.redis, this.keys, presenceMs, onError);
  }

  override async start(): Promise<void> {
    if (this.redis.status === 'wait') await this.redis.connect();
  }

  override async stop(): Promise<void> {
    // Without a connection there is nobody to say goodbye to: presence expires by itself.
    if (this.redis.status === 'ready') await this.leave();
    else this.presence.stop();
    this.subscriber.disconnect();
    this.redis.disconnect();
  }

  override join(report: WorkerReport): Promise<void> {
    return this.presence.join(report);
  }

  override update(report: WorkerReport): Promise<void> {
    return this.presence.join(report);
  }

  override leave(): Promise<void> {
    return this.presence.leave();
  }

  override workers(): Promise<WorkerReport[]> {
    return this.presence.list();
  }

  override announceRun(workerId: string, jobIds: readonly string[]): void {
    this.redis.set(this.keys.run(workerId), JSON.stringify(jobIds), 'PX', KEEP_RUN_MS).catch(this.onError);
  }

  override async lastRun(workerId: string): Promise<readonly string[]> {
    const run = await this.redis.get(this.keys.run(workerId));
    return run ? (JSON.parse(run) as string[]) : [];
  }

  override async reply(apiId: string, replies: readonly Reply[]): Promise<boolean> {
    const message = encodeReplies(replies);
    const listeners = await this.redis.publish(
      this.keys.replies(apiId),
      Buffer.from(message.buffer, message.byteOffset, message.byteLength),
    );
    return listeners > 0;
  }

  override async subscribe(
    apiId: string,
    onReplies: (replies: readonly Reply[]) => void,
    onGap: () => void,
  ): Promise<void> {
    this.subscriber.on('messageBuffer', (_channel, message: Buffer) => {
      try {
        onReplies(decodeReplies(message));
      } catch (error) {
        this.onError(error instanceof Error ? error : new Error(String(error)));
      }
    });
    await this.subscriber.connect();
    await this.subscriber.subscribe(this.keys.replies(apiId));
    // ioredis subscribes again by itself after a reconnect; what was published in between is gone.
    this.subscriber.on('ready', onGap);
  }

  override async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${PING_MS} ms`)), PING_MS);
    });
    await Promise.race([this.redis.ping(), late]).finally(() => clearTimeout(timer));
  }
}
