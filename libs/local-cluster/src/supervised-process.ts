import { nextRestart, RESTART_BACKOFF, type BackoffPolicy } from './restart-backoff.js';
import type { ProcessExit, RunningProcess } from './running-process.js';

/**
 * Keeps one process alive.
 *
 *     idle -> starting -> running -> backing-off -> starting -> ...
 *     any  -> stopping -> stopped
 *
 * A launch that fails the first time is the caller's to handle; later ones count as deaths.
 */
type Mode = 'idle' | 'starting' | 'running' | 'backing-off' | 'stopping' | 'stopped';

export interface Death {
  readonly name: string;
  readonly exit: ProcessExit;
  /** 1 for the first. */
  readonly deathsInARow: number;
  readonly restartInMs: number;
}

export interface SupervisedProcessOptions {
  readonly name: string;
  readonly launch: () => Promise<RunningProcess>;
  readonly onDeath?: (death: Death) => void;
  readonly backoff?: BackoffPolicy;
}

export class SupervisedProcess {
  readonly name: string;
  readonly #launch: () => Promise<RunningProcess>;
  readonly #onDeath: (death: Death) => void;
  readonly #backoff: BackoffPolicy;
  #mode: Mode = 'idle';
  #process: RunningProcess | undefined;
  #launching: Promise<RunningProcess> | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #deathsInARow = 0;

  constructor({ name, launch, onDeath = () => {}, backoff = RESTART_BACKOFF }: SupervisedProcessOptions) {
    this.name = name;
    this.#launch = launch;
    this.#onDeath = onDeath;
    this.#backoff = backoff;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** @throws what the launch throws */
  async start(): Promise<void> {
    if (this.#mode !== 'idle') throw new Error(`${this.name} was started before`);
    await this.#run();
  }

  /** Asks the process to end, kills it when it has not within `graceMs`, and waits until it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#mode = 'stopping';
    clearTimeout(this.#restartTimer);
    const running = await (this.#launching?.catch(() => undefined) ?? this.#process);
    if (running) {
      running.terminate();
      const timer = setTimeout(() => running.kill(), graceMs);
      await running.exited;
      clearTimeout(timer);
    }
    this.#mode = 'stopped';
  }

  /** Ends the process at once; `stop` still tells when it is gone. */
  kill(): void {
    this.#mode = 'stopping';
    clearTimeout(this.#restartTimer);
    void this.#launching?.then((launched) => launched.kill()).catch(() => {});
    this.#process?.kill();
  }

  async #run(): Promise<void> {
    this.#mode = 'starting';
    this.#launching = this.#launch();
    try {
      this.#process = await this.#launching;
    } finally {
      this.#launching = undefined;
    }
    const startedAt = performance.now();
    void this.#process.exited.then((exit) => this.#died(exit, performance.now() - startedAt));
    if (this.#isWanted()) this.#mode = 'running';
  }

  #died(exit: ProcessExit, aliveMs: number): void {
    this.#process = undefined;
    if (!this.#isWanted()) return;
    const { delayMs, deathsInARow } = nextRestart(this.#backoff, this.#deathsInARow, aliveMs);
    this.#deathsInARow = deathsInARow;
    this.#mode = 'backing-off';
    this.#restartTimer = setTimeout(() => {
      this.#run().catch(() => this.#died({ code: null, signal: null }, 0));
    }, delayMs);
    this.#onDeath({ name: this.name, exit, deathsInARow, restartInMs: delayMs });
  }

  #isWanted(): boolean {
    return this.#mode !== 'stopping' && this.#mode !== 'stopped';
  }
}
