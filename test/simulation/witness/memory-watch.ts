import { inferenceQueue, sharedQueue } from '@sluice/contracts';
import type { InferenceEngine, LoadedModel } from '@sluice/inference-engine';
import { divert } from '../world/divert.js';
import type { Judgement } from './judgement.js';
import type { LeaseBook } from './lease-book.js';

/** A copy of a model in the memory of a worker, from the begin of its load to the end of its release. */
export interface WatchedCopy {
  /** The shared queue of its version. */
  readonly queue: string;
  state: 'loading' | 'ready' | 'leaving';
}

/** Loads that have come about or were begun. */
export interface WitnessedLoad {
  readonly worker: string;
  readonly queue: string;
  readonly at: number;
}

export interface MemorySurroundings {
  readonly budgetBytes: number;
  readonly bytesOf: (queue: string) => number;
  readonly now: () => number;
  readonly book: LeaseBook;
  /** Whether a worker knows what it has leased, and has it: not what it never heard of, nor what it is giving back. */
  readonly knowsItsLeases: (worker: string) => boolean;
}

/** Keeps account of what is in whose memory, from the calls to the devices. */
export class MemoryWatch {
  readonly loads: WitnessedLoad[] = [];
  private readonly memories = new Map<string, Set<WatchedCopy>>();

  constructor(
    private readonly surroundings: MemorySurroundings,
    private readonly judgement: Judgement,
  ) {}

  /** What a worker has in memory. */
  memoryOf(worker: string): ReadonlySet<WatchedCopy> {
    return this.memories.get(worker) ?? new Set();
  }

  bytesIn(worker: string): number {
    return [...this.memoryOf(worker)].reduce((sum, { queue }) => sum + this.surroundings.bytesOf(queue), 0);
  }

  /** The device of one process, watched: what another had in memory before it is gone. */
  around(engine: InferenceEngine, worker: string, holder: string): InferenceEngine {
    const memory = new Set<WatchedCopy>();
    this.memories.set(worker, memory);
    return divert(engine, {
      load: async (source) => {
        const copy: WatchedCopy = { queue: inferenceQueue(source.ref), state: 'loading' };
        memory.add(copy);
        this.begun(worker, copy);
        try {
          const model = await engine.load(source);
          copy.state = 'ready';
          return this.watched(model, copy, memory, worker, holder);
        } catch (error) {
          memory.delete(copy);
          throw error;
        }
      },
    });
  }

  private begun(worker: string, { queue }: WatchedCopy): void {
    const { now, budgetBytes } = this.surroundings;
    this.loads.push({ worker, queue, at: now() });
    this.judgement.trace.note(worker, 'loads', { queue });
    const bytes = this.bytesIn(worker);
    if (bytes > budgetBytes)
      this.judgement.violated('memory', `${worker} has ${bytes} bytes in memory, its budget is ${budgetBytes}`);
  }

  private watched(
    model: LoadedModel,
    copy: WatchedCopy,
    memory: Set<WatchedCopy>,
    worker: string,
    holder: string,
  ): LoadedModel {
    let running = 0;
    const run: LoadedModel['run'] = async (batch) => {
      if (copy.state !== 'ready')
        this.judgement.violated('in use', `${worker} runs a batch of ${copy.queue}, which has left its memory`);
      running++;
      return model.run(batch).finally(() => running--);
    };
    const release = async () => {
      if (copy.state === 'ready') this.checkUnused(copy, running, worker, holder);
      copy.state = 'leaving';
      await model.release();
      memory.delete(copy);
    };
    return divert(model, { run, release });
  }

  private checkUnused({ queue }: WatchedCopy, running: number, worker: string, holder: string): void {
    const { book, now, knowsItsLeases } = this.surroundings;
    this.judgement.trace.note(worker, 'releases', { queue });
    if (running > 0) this.judgement.violated('in use', `${worker} releases ${queue} while it runs`);
    if (!knowsItsLeases(worker)) return;
    const held = book.held().filter((job) => sharedQueue(job.queue) === queue && book.isHeldFor(job, holder, now()));
    if (held.length > 0)
      this.judgement.violated('in use', `${worker} releases ${queue} and holds ${held.length} of its jobs`);
  }
}
