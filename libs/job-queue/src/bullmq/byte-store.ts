import type { Redis } from 'ioredis';
import type { StoredBytes } from './stored-job.js';

/**
 * Bytes up to this size travel inside the job. Measured: base64 inline wins below 2 to 4 KB (one round trip less); from
 * 16 KB a key of its own is faster, at 150 KB four times, and Bull Board does not load it with every list.
 */
const INLINE_BYTES = 4096;

/** Puts bytes beside a job or inside it, whichever is cheaper, and finds them again. */
export class ByteStore {
  constructor(private readonly redis: Redis) {}

  /** The reference is valid once this resolves. `expiresAt` is on Redis' clock, for bytes kept beside the job. */
  async put(key: string, bytes: Uint8Array, expiresAt: number): Promise<StoredBytes> {
    if (bytes.byteLength <= INLINE_BYTES) return { base64: bufferOf(bytes).toString('base64') };
    await this.redis.set(key, bufferOf(bytes), 'PXAT', Math.ceil(expiresAt));
    return { key };
  }

  /** Of the job with this key; undefined when the bytes have expired. */
  async get(stored: StoredBytes, job: string): Promise<Uint8Array | undefined> {
    if ('base64' in stored) return Buffer.from(stored.base64, 'base64');
    if ('key' in stored) return (await this.redis.getBuffer(stored.key)) ?? undefined;
    return (await this.redis.hgetBuffer(job, stored.field)) ?? undefined;
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.redis.unlink(...keys);
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
