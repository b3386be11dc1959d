import type { Trace } from './trace.js';
import { Violation, type Invariant } from './violation.js';

/** Whether the invariants have held so far. The first violation counts: those after it may follow from it. */
export class Judgement {
  private first: Violation | undefined;

  constructor(readonly trace: Trace) {}

  get violation(): Violation | undefined {
    return this.first;
  }

  violated(invariant: Invariant, what: string): void {
    this.first ??= new Violation(invariant, what, this.trace.toString());
  }
}
