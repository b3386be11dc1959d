import type { Clock } from '@sluice/clock';
import { SluiceError, type GoldenCheck, type GoldenItem, type GoldenResult } from '@sluice/contracts';
import { Slice } from '../slice.js';
import { faultOfAnswer } from './golden-verdict.js';
import type { VersionAnswers } from './version-answers.js';

/** Items that both versions are asked before the next ones. */
const AT_ONCE = 64;
const EXAMPLES = 3;
/** 0.29 * 100 is a little less than 29. */
const ROUNDING = 1e-9;

export interface GoldenPlan {
  readonly items: readonly GoldenItem[];
  readonly candidate: Pick<VersionAnswers, 'answer'>;
  /** Undefined: no version is live, or what it says is not needed. */
  readonly live: Pick<VersionAnswers, 'answer'> | undefined;
  /** Undefined: the inputs are the worker's own. */
  readonly check: GoldenCheck | undefined;
  readonly sliceMs: number;
  readonly clock: Clock;
  /** How much is done, 0 to 1. */
  readonly onProgress: (progress: number) => void;
}

/** Asks the candidate, and beside it the live version where that one knows what is right, and counts the wrong answers. */
export class GoldenRun {
  private wrong = 0;
  private readonly examples: string[] = [];

  constructor(private readonly plan: GoldenPlan) {}

  /** Yields the device time of each slice, in ms. */
  async *slices(): AsyncGenerator<number, void> {
    const { items, candidate, live, onProgress } = this.plan;
    const slice = new Slice(this.plan);
    for (let from = 0; from < items.length; from += AT_ONCE) {
      const some = items.slice(from, from + AT_ONCE);
      const got = yield* candidate.answer(some, slice);
      const said = live && (yield* live.answer(some, slice));
      for (const [index, item] of some.entries()) {
        const fault = got[index] && faultOfAnswer(item, got[index], said?.[index], this.plan.check);
        if (fault !== undefined) this.note(`inputs[${from + index}]: ${fault}`);
      }
      onProgress(Math.min(1, (from + some.length) / items.length));
    }
    yield slice.end();
  }

  /** @throws SluiceError invalid_request when more answers are wrong than may be */
  result(): GoldenResult {
    const { wrong, examples } = this;
    const items = this.plan.items.length;
    const mayBeWrong = Math.floor((this.plan.check?.maxWrong ?? 0) * items + ROUNDING);
    if (wrong <= mayBeWrong) return { kind: 'golden', items, wrong, examples };
    throw new SluiceError(
      'invalid_request',
      `${wrong} of ${items} inputs are answered wrongly, ${mayBeWrong} may be. ${examples.join('; ')}`,
    );
  }

  private note(fault: string): void {
    this.wrong++;
    if (this.examples.length < EXAMPLES) this.examples.push(fault);
  }
}
