import type { Scenario } from '../scenario.js';
import { IdleWatch, idleBoundMs, type WatchedDevice } from './idle-watch.js';
import type { Judgement } from './judgement.js';
import type { LeaseBook } from './lease-book.js';
import { stealBoundMs, StealWatch, type Victims } from './steal-watch.js';

interface WatchedWorker {
  readonly name: string;
  readonly holder: string | undefined;
  readonly isUp: boolean;
  readonly serves: readonly string[];
  readonly updateQueue: string | undefined;
  readonly leasedNotStarted: number;
  canRun(queue: string): boolean;
}

export interface IdleSurroundings {
  readonly workers: readonly WatchedWorker[];
  /** Names of the workers whose devices run. */
  readonly running: ReadonlySet<string>;
  readonly book: LeaseBook;
  readonly now: () => number;
  readonly living: () => ReadonlySet<string | undefined>;
}

/** Watches the devices that are idle while there is something to run, or, with nothing of their own, to steal. */
export class IdleDevices {
  private readonly own: IdleWatch;
  private readonly stealing: readonly IdleWatch[];

  constructor(
    private readonly scenario: Scenario,
    private readonly around: IdleSurroundings,
    private readonly judgement: Judgement,
  ) {
    const devices = around.workers.map((worker) => this.watched(worker, () => this.couldRun(worker)));
    this.own = new IdleWatch(devices, around.now, idleBoundMs(scenario), judgement);
    this.stealing = (['living', 'gone'] as const).map((victims) => this.stealingFrom(victims));
  }

  /** To be called whenever something may have changed. */
  look(): void {
    this.own.look();
    for (const each of this.stealing) each.look();
  }

  get longestIdleMs(): number {
    return this.own.longestMs;
  }

  get longestUnstolenMs(): number {
    return Math.max(...this.stealing.map(({ longestMs }) => longestMs));
  }

  private stealingFrom(victims: Victims): IdleWatch {
    const { workers, book, living, now } = this.around;
    const watch = new StealWatch(this.scenario, book, living);
    const devices = workers.map((worker) =>
      this.watched(worker, () => (this.couldRun(worker) ? undefined : watch.stealable(worker, victims))),
    );
    return new IdleWatch(devices, now, stealBoundMs(this.scenario, victims), this.judgement, 'stealing');
  }

  private watched(worker: WatchedWorker, couldRun: () => string | undefined): WatchedDevice {
    const { name } = worker;
    return { name, isUp: () => worker.isUp, isRunning: () => this.around.running.has(name), couldRun };
  }

  private couldRun({ serves, updateQueue, leasedNotStarted }: WatchedWorker): string | undefined {
    const { book } = this.around;
    const queues = updateQueue === undefined ? serves : [...serves, updateQueue];
    const queue = queues.find((each) => book.waiting(each).size > 0);
    if (queue !== undefined) return `${book.waiting(queue).size} in ${queue}`;
    return leasedNotStarted > 0 ? `${leasedNotStarted} that it has leased` : undefined;
  }
}
