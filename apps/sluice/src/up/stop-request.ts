const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * At a Ctrl-C the terminal signals the whole group, and npm sends its script a copy of its own: what follows this
 * closely is the same Ctrl-C.
 */
const SAME_REQUEST_MS = 300;

/** npm's shell does not pass a signal on: when it is killed, nobody tells us. */
const PARENT_CHECK_MS = 500;

export interface StopRequestOptions {
  /** The second Ctrl-C. */
  readonly onInsist: () => void;
  /** Also stop when the process that started us is gone. */
  readonly watchParent: boolean;
}

/** Listens for the wish to stop, however it is expressed. */
export class StopRequest {
  readonly #controller = new AbortController();
  readonly #onInsist: () => void;
  #firstAt: number | undefined;

  constructor({ onInsist, watchParent }: StopRequestOptions) {
    this.#onInsist = onInsist;
    for (const signal of SIGNALS) process.on(signal, () => this.#receive());
    if (watchParent) this.#watchParent();
  }

  /** Aborted at the first request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async received(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => {
      this.signal.addEventListener('abort', resolve, { once: true });
    });
  }

  #receive(): void {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#controller.abort(new Error('asked to stop'));
    } else if (now - this.#firstAt > SAME_REQUEST_MS) {
      this.#onInsist();
    }
  }

  #watchParent(): void {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent && !this.signal.aborted) this.#receive();
    }, PARENT_CHECK_MS).unref();
  }
}
