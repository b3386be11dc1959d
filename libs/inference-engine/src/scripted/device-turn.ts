const FREE = 0;
const TAKEN = 1;

/**
 * Lets one thread at a time use the scripted device: what the models of one engine share, whatever thread each of them has.
 * Not for the main thread, which may not wait.
 */
export class DeviceTurn {
  readonly #word: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#word = new Int32Array(memory);
  }

  /** Blocks the calling thread until nobody else has the turn, and while `act` does. */
  during<T>(act: () => T): T {
    while (Atomics.compareExchange(this.#word, 0, FREE, TAKEN) !== FREE) Atomics.wait(this.#word, 0, TAKEN);
    try {
      return act();
    } finally {
      Atomics.store(this.#word, 0, FREE);
      Atomics.notify(this.#word, 0, 1);
    }
  }
}
