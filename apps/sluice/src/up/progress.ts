import type { WriteStream } from 'node:tty';

const REDRAW_MS = 200;
const TITLE_WIDTH = 44;

/**
 * One line a step, with its duration. On a terminal the running step is shown as well, and counts its seconds; into a
 * file only what is finished is written.
 */
export class Progress {
  readonly #out: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;
  #running: { readonly title: string; readonly startedAt: number } | undefined;

  constructor(out: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>) {
    this.#out = out;
  }

  /**
   * @param work its result, a text, is the line's title when it is done
   * @throws what the work throws
   */
  async step(title: string, work: () => Promise<string | void>): Promise<void> {
    const startedAt = performance.now();
    this.#running = { title, startedAt };
    this.#drawRunning();
    const timer = setInterval(() => this.#drawRunning(), REDRAW_MS);
    let line = `  ✗ ${title.padEnd(TITLE_WIDTH)}`;
    try {
      line = `  ✓ ${((await work()) ?? title).padEnd(TITLE_WIDTH)}`;
    } finally {
      clearInterval(timer);
      this.#running = undefined;
      this.note(`${line} ${seconds(performance.now() - startedAt)}`);
    }
  }

  /** A line between the steps. */
  note(text: string): void {
    this.#out.write(`${this.#out.isTTY ? '\r\u001B[K' : ''}${text}\n`);
    this.#drawRunning();
  }

  #drawRunning(): void {
    if (!this.#running || !this.#out.isTTY) return;
    const { title, startedAt } = this.#running;
    this.#out.write(`\r\u001B[K  … ${title.padEnd(TITLE_WIDTH)} ${seconds(performance.now() - startedAt)}`);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
