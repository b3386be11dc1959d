import process from 'node:process';

/** A step that is done sooner than this is not announced. */
const ANNOUNCE_AFTER_MS = 1_000;
const TITLE_WIDTH = 44;

/** One line a step, with its duration. A step that takes long says before that it has begun. */
export class Progress {
  #quiet;
  #isTerminal = process.stdout.isTTY;

  constructor({ quiet }) {
    this.#quiet = quiet;
  }

  /**
   * @param {string} title
   * @param {(tell: (doing: string | undefined) => void) => Promise<string>} work
   *   tells what it is doing when that takes long, and with undefined that the line is wanted for something else;
   *   answers what is so now
   */
  async step(title, work) {
    const startedAt = performance.now();
    const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    let doing = title;
    let isAnnounced = false;

    const announce = () => {
      if (doing === undefined) return;
      if (this.#isTerminal) process.stdout.write(`\r\u001B[K  … ${doing.padEnd(TITLE_WIDTH)} ${elapsed()}`);
      else if (!isAnnounced) console.log(`  … ${doing}`);
      isAnnounced = true;
    };
    const timer = setInterval(announce, ANNOUNCE_AFTER_MS);
    const finish = (mark, text) => {
      clearInterval(timer);
      if (this.#isTerminal && isAnnounced) process.stdout.write('\r\u001B[K');
      if (!this.#quiet || isAnnounced || mark === '✗')
        console.log(`  ${mark} ${text.padEnd(TITLE_WIDTH)} ${elapsed()}`);
    };

    try {
      const result = await work((now) => {
        doing = now;
        isAnnounced = false;
      });
      finish('✓', result);
    } catch (error) {
      finish('✗', doing ?? title);
      throw error;
    }
  }
}
