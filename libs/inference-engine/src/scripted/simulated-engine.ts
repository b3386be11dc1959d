import type { Clock } from '@sluice/clock';
import {
  InferenceEngine,
  type LoadedModel,
  type ModelSource,
  type PackedBatch,
  type RunResult,
} from '../inference-engine.js';
import { ThreadedModel } from '../thread/threaded-model.js';
import { type Ledger, SharedLedger } from './ledger.js';
import { parseScriptedModel, type ScriptedModel } from './scripted-model.js';
import { ScriptedSession } from './scripted-session.js';

/** The world of a simulated device. */
export interface SimulatedDevice {
  /** That of the process which owns it: when it stops, nothing comes back any more. */
  readonly clock: Clock;
  /** The text of a scripted model's file. */
  readonly read: (path: string) => string;
  /** What a run takes by what its model says it costs; 1 by default. */
  readonly pace?: () => number;
  /** A run, or a load, has crashed the process: nothing comes back from it. */
  readonly onCrash: () => void;
}

/**
 * The scripted device in virtual time: same models, same answers, same ledger, but a run waits on a clock instead of
 * blocking a thread. Each model is served in order, as by an engine thread of its own. What a model takes in memory is not
 * taken.
 */
export class SimulatedEngine extends InferenceEngine {
  readonly #ledger = new SharedLedger();
  readonly #models = new Set<LoadedModel>();
  /** A load that holds the device. */
  #holding: Promise<void> | undefined;

  constructor(private readonly device: SimulatedDevice) {
    super();
  }

  /** What all models together have run so far; a run counts when its device time is over. */
  ledger(): Ledger {
    return this.#ledger.read();
  }

  override async load({ ref, path }: ModelSource): Promise<LoadedModel> {
    const parsed = parseScriptedModel(this.device.read(path));
    if (parsed.loadMs > 0) await this.#passLoad(parsed);
    if (parsed.loadCrashes) return this.#crash();
    const session = new ScriptedSession(parsed);
    let last: Promise<unknown> = Promise.resolve();
    const model: LoadedModel = new ThreadedModel(ref, session.loaded, {
      run: (batch) => {
        const moved = move(batch);
        const run = last.then(() => this.#run(session, moved));
        last = run.catch(() => {});
        return run;
      },
      free: async () => {
        await last;
        this.#models.delete(model);
      },
    });
    this.#models.add(model);
    return model;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.#models].map((model) => model.release()));
  }

  async #passLoad({ loadMs, loadHoldsDevice }: ScriptedModel): Promise<void> {
    const { clock } = this.device;
    if (!loadHoldsDevice) return clock.sleep(loadMs);
    while (this.#holding) await this.#holding;
    this.#holding = clock.sleep(loadMs).finally(() => (this.#holding = undefined));
    return this.#holding;
  }

  async #run(session: ScriptedSession, batch: PackedBatch): Promise<RunResult> {
    const { clock, pace } = this.device;
    while (this.#holding) await this.#holding;
    const run = session.begin(batch);
    const startedAt = clock.now();
    await clock.sleep(run.costMs * (pace?.() ?? 1));
    const deviceMs = clock.now() - startedAt;
    this.#ledger.record(run.rows, deviceMs);
    if (session.isFatal(run)) return this.#crash();
    return { outputs: session.answer(run), buffer: move(batch).buffer, deviceMs };
  }

  #crash(): Promise<never> {
    this.device.onCrash();
    return new Promise(() => {});
  }
}

/** As to and from a thread: whoever still has the buffer finds it empty. */
function move(batch: PackedBatch): PackedBatch {
  return { ...batch, buffer: structuredClone(batch.buffer, { transfer: [batch.buffer] }) };
}
