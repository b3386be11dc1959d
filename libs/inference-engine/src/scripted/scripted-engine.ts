import { ThreadedEngine } from '../thread/threaded-engine.js';
import { DeviceTurn } from './device-turn.js';
import { type Ledger, SharedLedger } from './ledger.js';

/** What all threads of an engine share. */
export interface ScriptedThreadData {
  readonly ledger: SharedArrayBuffer;
  readonly turn: SharedArrayBuffer;
}

/**
 * A device of known cost for tests, benches and simulation: real engine threads that really block, behind the same
 * messages as onnxruntime's, for as long as the model's file says (see ScriptedModelFile).
 */
export class ScriptedEngine extends ThreadedEngine {
  readonly #ledger: SharedLedger;

  constructor() {
    const ledger = new SharedLedger();
    const workerData: ScriptedThreadData = { ledger: ledger.memory, turn: new DeviceTurn().memory };
    super({ entry: new URL('./scripted-thread.js', import.meta.url), workerData, threads: 'one-per-model' });
    this.#ledger = ledger;
  }

  /** What all models together have run so far; a run counts when its device time is over. */
  ledger(): Ledger {
    return this.#ledger.read();
  }
}
