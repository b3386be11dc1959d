import type { Clock } from '@sluice/clock';

/** What long work runs on the device before others may have it: as many runs as fit into its length, at least one. */
export class Slice {
  private startedAt: number | undefined;
  private deviceMs = 0;

  constructor(private readonly plan: { readonly sliceMs: number; readonly clock: Clock }) {}

  /** Runs something, and adds the device time that it says it took, in ms. */
  async run(work: () => Promise<number>): Promise<number> {
    this.startedAt ??= this.plan.clock.now();
    const ms = await work();
    this.deviceMs += ms;
    return ms;
  }

  /** Whether a run that is expected to take so long would make it too long. */
  isOver(expectedMs: number): boolean {
    return this.startedAt !== undefined && this.plan.clock.now() - this.startedAt + expectedMs > this.plan.sliceMs;
  }

  /** @returns the device time that it took, in ms */
  end(): number {
    const { deviceMs } = this;
    this.startedAt = undefined;
    this.deviceMs = 0;
    return deviceMs;
  }
}
