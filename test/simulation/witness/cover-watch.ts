import type { DemandLog } from './demand-log.js';
import type { Judgement } from './judgement.js';
import type { LeaseBook } from './lease-book.js';
import type { MemoryWatch } from './memory-watch.js';

/** A model is asked for as long as it was so lately. */
const ASKED_MS = 2_500;
/** By then what nobody asks for counts as room: the coordinator's quiet time, a beat, and what was told before it. */
const QUIET_MS = 10_000 + 2_000 + 1_000;
/** Told, decided and heard of: a report, the beats of a coordinator that has just begun, the look of a worker. */
const DECIDED_MS = 500 + 3 * 2_000 + 2_000 + 500;
/** A presence, the term of a coordinator and its successor's first beat; two of them, since it may be a newcomer. */
const DISTURBED_MS = 3_000 + 2 * (6_000 + 2_000);

interface WatchedWorker {
  readonly name: string;
  readonly upForMs: number;
}

export interface CoverSurroundings {
  readonly workers: () => readonly WatchedWorker[];
  readonly budgetBytes: number;
  readonly minWorkers: number;
  readonly isCalm: boolean;
  readonly bytesOf: (queue: string) => number;
  readonly now: () => number;
  readonly book: LeaseBook;
}

/** Sees to it that what is asked for is in enough memories, where there is room. */
export class CoverWatch {
  /** Since when a model could have a worker that it lacks. */
  private readonly since = new Map<string, number>();
  /** Since when there is room for a model, whether it is asked for or not. */
  private readonly roomSince = new Map<string, number>();
  longestMs = 0;

  constructor(
    private readonly surroundings: CoverSurroundings,
    private readonly memory: MemoryWatch,
    private readonly demand: DemandLog,
    private readonly judgement: Judgement,
  ) {}

  /** To be called several times a second. */
  look(): void {
    const { now, isCalm } = this.surroundings;
    const boundMs = isCalm ? DECIDED_MS : DECIDED_MS + DISTURBED_MS;
    for (const queue of this.demand.queues) {
      if (!this.hasRoomSomewhere(queue)) this.roomSince.delete(queue);
      else if (!this.roomSince.has(queue)) this.roomSince.set(queue, now());
      if (!this.couldBeCovered(queue)) {
        this.since.delete(queue);
        continue;
      }
      const since = this.since.get(queue) ?? now();
      this.since.set(queue, since);
      const lackedMs = now() - since;
      this.longestMs = Math.max(this.longestMs, lackedMs);
      if (lackedMs > boundMs)
        this.judgement.violated('cover', `${queue} lacks a worker for ${lackedMs} ms, the bound is ${boundMs}`);
    }
  }

  /** For how long a worker that does not have it could have begun to load it. */
  roomForMs(queue: string): number {
    const since = this.roomSince.get(queue);
    return since === undefined ? 0 : this.surroundings.now() - since;
  }

  private hasRoomSomewhere(queue: string): boolean {
    return this.surroundings.workers().some((worker) => !this.has(worker, queue) && this.hasRoom(worker, queue));
  }

  private couldBeCovered(queue: string): boolean {
    const { workers, minWorkers } = this.surroundings;
    if (!this.demand.isAskedFor(queue, ASKED_MS)) return false;
    const hosts = workers().filter((worker) => this.has(worker, queue));
    return hosts.length < minWorkers && this.hasRoomSomewhere(queue);
  }

  private has({ name }: WatchedWorker, queue: string): boolean {
    return [...this.memory.memoryOf(name)].some((copy) => copy.queue === queue);
  }

  /** One that loads is asked when that is done; one that has just come has not told of itself yet. */
  private hasRoom({ name, upForMs }: WatchedWorker, queue: string): boolean {
    const { budgetBytes, bytesOf } = this.surroundings;
    const memory = [...this.memory.memoryOf(name)];
    if (upForMs === 0 || memory.some(({ state }) => state !== 'ready')) return false;
    const needed = memory.filter((copy) => this.isNeeded(copy.queue));
    return needed.reduce((sum, copy) => sum + bytesOf(copy.queue), bytesOf(queue)) <= budgetBytes;
  }

  /** Also what waits is asked for. */
  private isNeeded(queue: string): boolean {
    const { book } = this.surroundings;
    return this.demand.isUsed(queue, QUIET_MS) || book.open().some((job) => job.queue === queue);
  }
}
