/** What a scripted device has done since its engine was made, failed runs included. */
export interface Ledger {
  readonly runs: number;
  readonly rows: number;
  readonly busyMs: number;
}

const RUNS = 0;
const ROWS = 1;
const BUSY_MICROSECONDS = 2;
const ENTRIES = 3;

/**
 * The ledger's memory, shared by all engine threads of a scripted engine (which add to it) and the main side (which
 * reads it, also while the device is busy and answers no message).
 */
export class SharedLedger {
  readonly #entries: BigInt64Array;

  constructor(readonly memory = new SharedArrayBuffer(ENTRIES * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#entries = new BigInt64Array(memory);
  }

  record(rows: number, busyMs: number): void {
    Atomics.add(this.#entries, RUNS, 1n);
    Atomics.add(this.#entries, ROWS, BigInt(rows));
    Atomics.add(this.#entries, BUSY_MICROSECONDS, BigInt(Math.round(busyMs * 1000)));
  }

  read(): Ledger {
    const entry = (index: number) => Number(Atomics.load(this.#entries, index));
    return { runs: entry(RUNS), rows: entry(ROWS), busyMs: entry(BUSY_MICROSECONDS) / 1000 };
  }
}
