import type { Clock, Timer } from '@sluice/clock';

const RETRY_MS = 1_000;

export interface StateWatchParts<T> {
  readonly clock: Clock;
  readonly read: () => Promise<T>;
  readonly onState: (state: T) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Reads all of the state whenever something may have changed, and tells it on: one read at a time, so that what is told
 * never goes back.
 *
 * Modes: `idle`; `reading`; `behind`, which is reading while more has changed, so that it reads once more; `stopped`.
 */
export class StateWatch<T> {
  private mode: 'idle' | 'reading' | 'behind' | 'stopped' = 'idle';
  private retry: Timer | undefined;

  constructor(private readonly parts: StateWatchParts<T>) {}

  /** Something may have changed. */
  notice(): void {
    if (this.mode === 'reading') this.mode = 'behind';
    if (this.mode === 'idle') void this.readOn();
  }

  /** Resolves when what is there now was told. @throws what reading throws */
  async begin(): Promise<void> {
    this.mode = 'reading';
    this.tell(await this.parts.read());
    this.next();
  }

  stop(): void {
    this.mode = 'stopped';
    this.retry?.cancel();
  }

  private async readOn(): Promise<void> {
    this.mode = 'reading';
    this.retry?.cancel();
    try {
      this.tell(await this.parts.read());
    } catch (error) {
      this.parts.onError(error instanceof Error ? error : new Error(String(error)));
      // Nobody may say again that something has changed.
      if (!this.isStopped()) this.retry = this.parts.clock.after(RETRY_MS, () => this.notice());
    }
    this.next();
  }

  private next(): void {
    const isBehind = this.mode === 'behind';
    if (!this.isStopped()) this.mode = 'idle';
    if (isBehind) void this.readOn();
  }

  private tell(state: T): void {
    if (!this.isStopped()) this.parts.onState(state);
  }

  private isStopped(): boolean {
    return this.mode === 'stopped';
  }
}
