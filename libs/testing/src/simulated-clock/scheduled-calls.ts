import type { Timer } from '@sluice/clock';

/** A call that is due at some time; among those of the same time the one that was asked for first is first. */
export class ScheduledCall implements Timer {
  /** Undefined once it was cancelled. */
  call: (() => void) | undefined;

  constructor(
    readonly at: number,
    readonly sequence: number,
    call: () => void,
  ) {
    this.call = call;
  }

  cancel(): void {
    this.call = undefined;
  }
}

/** A binary heap. */
export class ScheduledCalls {
  private readonly heap: ScheduledCall[] = [];

  get next(): ScheduledCall | undefined {
    return this.heap[0];
  }

  push(call: ScheduledCall): void {
    const { heap } = this;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, call)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = call;
  }

  pop(): ScheduledCall | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (!left) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: ScheduledCall, b: ScheduledCall): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
