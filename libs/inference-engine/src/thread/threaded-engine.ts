import { SluiceError } from '@sluice/contracts';
import { InferenceEngine, type LoadedModel, type ModelSource } from '../inference-engine.js';
import { EngineThread } from './engine-thread.js';
import { ThreadedModel } from './threaded-model.js';

export interface ThreadPlan {
  /** The adapter's thread entry point. */
  readonly entry: URL;
  readonly workerData: unknown;
  /**
   * A thread for each model version, so that loading one does not hold up the others; or one thread for all of them,
   * where the runtime cannot be used from two.
   */
  readonly threads: 'one-per-model' | 'one-for-all';
}

/** The life of an engine's threads and models, the same for every adapter: what differs is behind the entry point. */
export abstract class ThreadedEngine extends InferenceEngine {
  readonly #plan: ThreadPlan;
  readonly #models = new Set<LoadedModel>();
  readonly #loading = new Set<Promise<LoadedModel>>();
  /** Started by the first load. Once dead it stays: a runtime that is used from one thread only is not started twice. */
  #sharedThread: EngineThread | undefined;
  #closed: Promise<void> | undefined;

  constructor(plan: ThreadPlan) {
    super();
    this.#plan = plan;
  }

  override async load(source: ModelSource): Promise<LoadedModel> {
    if (this.#closed) throw new SluiceError('shutting_down', 'the engine is closed');
    const loading = this.#plan.threads === 'one-for-all' ? this.#loadShared(source) : this.#loadAlone(source);
    this.#loading.add(loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(loading);
    }
  }

  override close(): Promise<void> {
    return (this.#closed ??= this.#closeAll());
  }

  async #loadAlone(source: ModelSource): Promise<LoadedModel> {
    const thread = this.#startThread(`${source.ref.model}.${source.ref.version}`);
    try {
      return await this.#loadOn(thread, source, () => thread.close());
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  #loadShared(source: ModelSource): Promise<LoadedModel> {
    const thread = (this.#sharedThread ??= this.#startThread('models'));
    return this.#loadOn(thread, source, async () => undefined);
  }

  async #loadOn(thread: EngineThread, source: ModelSource, afterRelease: () => Promise<void>): Promise<LoadedModel> {
    const { session, ...loaded } = await thread.load(source.path);
    const model: LoadedModel = new ThreadedModel(source.ref, loaded, {
      run: (batch) => thread.run(session, batch),
      free: async () => {
        try {
          await thread.release(session);
        } catch (error) {
          if (thread.isUsable) throw error;
          // The thread is gone, and what it held with it.
        } finally {
          this.#models.delete(model);
          await afterRelease();
        }
      },
    });
    this.#models.add(model);
    return model;
  }

  #startThread(name: string): EngineThread {
    const { entry, workerData } = this.#plan;
    return new EngineThread(entry, { name: `engine ${name}`, workerData });
  }

  async #closeAll(): Promise<void> {
    await Promise.allSettled(this.#loading);
    await Promise.all([...this.#models].map((model) => model.release()));
    await this.#sharedThread?.close();
  }
}
