/** When each model was asked for, whether the request was let in or not, and used. By the queue of its version. */
export class DemandLog {
  private readonly askedAt = new Map<string, number>();
  private readonly usedAt = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  asked(queue: string): void {
    this.askedAt.set(queue, this.now());
    this.used(queue);
  }

  /** A request has ended. */
  used(queue: string): void {
    this.usedAt.set(queue, this.now());
  }

  /** In the last so many ms. */
  isAskedFor(queue: string, withinMs: number): boolean {
    return this.now() - (this.askedAt.get(queue) ?? -Infinity) <= withinMs;
  }

  /** Likewise. */
  isUsed(queue: string, withinMs: number): boolean {
    return this.now() - (this.usedAt.get(queue) ?? -Infinity) <= withinMs;
  }

  get queues(): string[] {
    return [...this.askedAt.keys()];
  }
}
