import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number | Buffer;

/** A Lua script that Redis runs as one step, sent whole only when Redis does not know it yet. */
export class RedisScript {
  private readonly digest: string;

  constructor(private readonly lua: string) {
    this.digest = createHash('sha1').update(lua).digest('hex');
  }

  /** A script in a file of its own. */
  static from(file: URL): RedisScript {
    return new RedisScript(readFileSync(file, 'utf8'));
  }

  async run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.runWhole(redis, keys, args);
    }
  }

  /** Sent with its text, whether Redis knows it or not. */
  runWhole(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return redis.eval(this.lua, keys.length, ...keys, ...args);
  }

  /** Its strings are answered as bytes. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    try {
      return await redis.callBuffer('EVALSHA', this.digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return redis.callBuffer('EVAL', this.lua, keys.length, ...keys, ...args);
    }
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
