import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import type { IntroduceJob, Introduction, IntroductionStage } from '@sluice/contracts';

/** Progress within a stage is told at most this often. */
const TELL_EVERY_MS = 250;

/** Why an introduction did not come to its end. */
export interface IntroductionFault {
  readonly reason: string;
  /** Another attempt would end in the same way. */
  readonly isLasting: boolean;
}

/**
 * How far this worker has come with what it introduces, by model: of each model the last one. Written by whoever
 * introduces and whoever asks for it, read by the reports.
 */
@Injectable()
export class IntroductionBoard {
  private readonly told = new Map<string, Introduction>();
  private toldAt = -Infinity;
  private onChange = () => {};
  private onFault: (job: IntroduceJob, fault: IntroductionFault) => void = () => {};

  constructor(private readonly clock: Clock) {}

  /** @param onChange called after every change of a stage, and a few times a second for progress */
  start(onChange: () => void): void {
    this.onChange = onChange;
  }

  /** @param onFault called when an attempt has failed */
  watchFaults(onFault: (job: IntroduceJob, fault: IntroductionFault) => void): void {
    this.onFault = onFault;
  }

  fail(job: IntroduceJob, fault: IntroductionFault): void {
    this.onFault(job, fault);
  }

  all(): Readonly<Record<string, Introduction>> {
    return Object.fromEntries(this.told);
  }

  of(model: string): Introduction | undefined {
    return this.told.get(model);
  }

  tell(model: string, introduction: Introduction): void {
    this.told.set(model, introduction);
    this.toldAt = this.clock.now();
    this.onChange();
  }

  /** @param progress of the stage, 0 to 1 */
  progress(model: string, stage: IntroductionStage, progress: number): void {
    const introduction = this.told.get(model);
    if (introduction?.stage !== stage) return;
    this.told.set(model, { ...introduction, progress });
    if (this.clock.now() - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = this.clock.now();
    this.onChange();
  }
}
