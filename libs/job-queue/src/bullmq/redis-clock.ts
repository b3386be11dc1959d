import type { Redis } from 'ioredis';

/** Redis' clock, read now and then; in between the monotonic local clock goes on from there, whatever happens to the date. */
export class RedisClock {
  private offsetMs = performance.timeOrigin;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly everyMs = 30_000,
  ) {}

  now(): number {
    return Math.round(performance.now() + this.offsetMs);
  }

  async start(): Promise<void> {
    await this.read();
    this.timer ??= setInterval(() => void this.read().catch(() => {}), this.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async read(): Promise<void> {
    const before = performance.now();
    const [seconds, microseconds] = await this.redis.time();
    const after = performance.now();
    // The answer was made somewhere between the two readings.
    this.offsetMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (before + after) / 2;
  }
}
