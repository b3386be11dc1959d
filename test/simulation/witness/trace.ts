import type { Clock } from '@sluice/clock';

const KEPT = 4_096;
const SHOWN = 60;

interface Entry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly details: object | undefined;
}

/** The latest events of a run, for whoever reads a failure. Nothing is formatted unless it is shown. */
export class Trace {
  private readonly entries: Entry[] = [];
  private next = 0;

  constructor(private readonly clock: Clock) {}

  note(who: string, what: string, details?: object): void {
    this.entries[this.next % KEPT] = { at: this.clock.now(), who, what, details };
    this.next++;
  }

  toString(): string {
    const first = Math.max(0, this.next - SHOWN);
    const lines = Array.from({ length: this.next - first }, (_, index) => {
      const { at, who, what, details } = this.entries[(first + index) % KEPT]!;
      return `${at.toFixed(2).padStart(10)}  ${who.padEnd(12)} ${what}${details ? ` ${JSON.stringify(details)}` : ''}`;
    });
    return [`  (the last ${lines.length} of ${this.next} events; times in ms)`, ...lines].join('\n');
  }
}
