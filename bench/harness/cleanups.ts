type Cleanup = () => unknown;

/** What has to be undone at the end, the latest first, whether the bench succeeds, fails or is interrupted. */
export class Cleanups {
  private readonly stack: Cleanup[] = [];
  private done: Promise<void> | undefined;

  defer(cleanup: Cleanup): void {
    this.stack.push(cleanup);
  }

  /** Idempotent. One that fails does not keep the others from running. @throws the first failure, afterwards */
  run(): Promise<void> {
    return (this.done ??= this.unwind());
  }

  private async unwind(): Promise<void> {
    const failures: unknown[] = [];
    for (let cleanup = this.stack.pop(); cleanup; cleanup = this.stack.pop()) {
      try {
        await cleanup();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
