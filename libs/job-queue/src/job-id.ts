/**
 * Ids that sort by the time of their making: base 36, 9 digits of milliseconds, 3 of a counter, 8 random.
 * The order matters: a job that comes back to a queue is put among its equals by its id, and so keeps its place.
 */
export class JobIds {
  private lastTime = 0;
  private counter = 0;

  constructor(
    private readonly now: () => number,
    private readonly random: () => number,
  ) {}

  next(): string {
    // Whole milliseconds: a clock that is corrected by Redis' has fractions.
    const time = Math.max(Math.floor(this.now()), this.lastTime);
    this.counter = time === this.lastTime ? this.counter + 1 : 0;
    if (this.counter === COUNTER_END) {
      // More ids in one millisecond than the counter holds: borrow from the next one.
      this.lastTime = time + 1;
      this.counter = 0;
    } else {
      this.lastTime = time;
    }
    return (
      digits(this.lastTime, TIME_DIGITS) + digits(this.counter, 3) + digits(Math.floor(this.random() * RANDOM_END), 8)
    );
  }
}

const TIME_DIGITS = 9;
const JOB_ID = /^[0-9a-z]{20}$/;
const COUNTER_END = 36 ** 3;
const RANDOM_END = 36 ** 8;

/** When an id was made, in milliseconds since the epoch; undefined when it is not one of these. */
export function timeOfJobId(id: string): number | undefined {
  return JOB_ID.test(id) ? Number.parseInt(id.slice(0, TIME_DIGITS), 36) : undefined;
}

function digits(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}
