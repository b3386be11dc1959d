import { ThreadedEngine } from '../thread/threaded-engine.js';
import { type Ledger, SharedLedger } from './ledger.js';

/**
 * A device of known cost for tests, benches and simulation: real engine threads that really block, behind the same
 * messages as onnxruntime's, for as long as the model's file says (see ScriptedModelFile).
 */
export class ScriptedEngine extends ThreadedEngine {
  readonly #ledger: SharedLedger;

  constructor() {
    const ledger = new SharedLedger();
    super({
      entry: new URL('./scripted-thread.js', import.meta.url),
      workerData: ledger.memory,
      threads: 'one-per-model',
    });
    this.#ledger = ledger;
  }

  /** What all models together have run so far; a run counts when its device time is over. */
  ledger(): Ledger {
    return this.#ledger.read();
  }
}
