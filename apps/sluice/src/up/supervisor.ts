import type { SupervisedProcess } from '@sluice/local-cluster';

/** Processes that start and stop together. */
export interface Stage {
  /** For people: `2 workers`. */
  readonly title: string;
  readonly processes: readonly SupervisedProcess[];
  /** What each has to end in order before it is killed. */
  readonly stopGraceMs: number;
}

/**
 *     idle -> starting -> running
 *     any  -> stopping -> stopped
 */
type Mode = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';

/** Is handed each stage's start or stop, and resolves when that has; there the steps are shown. */
export type StageObserver = (stage: Stage, work: () => Promise<void>) => Promise<void>;

/**
 * Starts a cluster's stages in order and stops them in reverse: what others rely on comes first and goes last. A stop
 * during the start is heard between two stages.
 */
export class Supervisor {
  readonly #stages: readonly Stage[];
  readonly #started: Stage[] = [];
  #mode: Mode = 'idle';
  #stopping: Promise<void> | undefined;

  constructor(stages: readonly Stage[]) {
    this.#stages = stages;
  }

  /** @throws what the launch of a process throws; `stop` then ends those that run */
  async start(observe: StageObserver): Promise<void> {
    if (this.#mode !== 'idle') throw new Error(`a supervisor that is ${this.#mode} cannot be started`);
    this.#mode = 'starting';
    for (const stage of this.#stages) {
      if (this.#mode !== 'starting') return;
      this.#started.push(stage);
      await observe(stage, async () => {
        await Promise.all(stage.processes.map((process) => process.start()));
      });
    }
    if (this.#mode === 'starting') this.#mode = 'running';
  }

  /** Stops in order, and waits until the last process is gone. May be called at any time, and again. */
  stop(observe: StageObserver): Promise<void> {
    this.#stopping ??= this.#stop(observe);
    return this.#stopping;
  }

  /** Ends all at once. A `stop` that goes on resolves sooner for it. */
  kill(): void {
    this.#mode = 'stopping';
    for (const process of this.#started.flatMap((stage) => stage.processes)) process.kill();
  }

  async #stop(observe: StageObserver): Promise<void> {
    this.#mode = 'stopping';
    for (const stage of this.#started.toReversed())
      await observe(stage, async () => {
        await Promise.all(stage.processes.map((process) => process.stop(stage.stopGraceMs)));
      });
    this.#mode = 'stopped';
  }
}
