/** Counts who needs something, so that it is taken away only when nobody does. */
export class Holds {
  private count = 0;
  private everTaken = 0;
  private readonly waiting: (() => void)[] = [];

  take(): void {
    this.count++;
    this.everTaken++;
  }

  get isHeld(): boolean {
    return this.count > 0;
  }

  /** How often it was taken, ever: another number means that somebody needed it in between. */
  get taken(): number {
    return this.everTaken;
  }

  drop(): void {
    this.count--;
    if (this.count === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is held. Somebody may hold it again by then: whoever waits has made sure that nobody new comes. */
  async none(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
