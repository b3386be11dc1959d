import { readFile } from 'node:fs/promises';
import { messageOf, SluiceError, type Tensor } from '@sluice/contracts';
import type { PackedBatch } from '../inference-engine.js';
import type { LoadedSession, SessionKey } from '../thread/messages.js';
import type { Runtime } from '../thread/serve-thread.js';
import { blockFor } from './block-for.js';
import type { DeviceTurn } from './device-turn.js';
import type { SharedLedger } from './ledger.js';
import { parseScriptedModel, type ScriptedModel } from './scripted-model.js';
import { ScriptedSession } from './scripted-session.js';

interface HeldSession {
  readonly session: ScriptedSession;
  /** Held, and never read. */
  readonly memory: Uint8Array;
}

/** Not 0: pages that only hold zeroes need not exist. */
const WRITTEN = 1;

/** A device of known cost: it blocks its thread for as long as the model says, then answers what can be checked. */
export class ScriptedRuntime implements Runtime {
  readonly #sessions = new Map<SessionKey, HeldSession>();

  constructor(
    private readonly ledger: SharedLedger,
    private readonly turn: DeviceTurn,
  ) {}

  async load(key: SessionKey, path: string): Promise<LoadedSession> {
    const model = await readModel(path);
    const memory = new Uint8Array(model.memoryBytes).fill(WRITTEN);
    if (model.loadHoldsDevice) this.turn.during(() => blockFor(model.loadMs));
    else blockFor(model.loadMs);
    if (model.loadCrashes) process.kill(process.pid, 'SIGSEGV');
    const session = new ScriptedSession(model);
    this.#sessions.set(key, { session, memory });
    return session.loaded;
  }

  async run(key: SessionKey, batch: PackedBatch): Promise<readonly Tensor[]> {
    const session = this.#session(key);
    const run = session.begin(batch);
    this.turn.during(() => {
      const startedAt = performance.now();
      blockFor(run.costMs);
      this.ledger.record(run.rows, performance.now() - startedAt);
    });
    // process.abort() is refused in a worker thread; the signal that it would raise is not.
    if (session.isFatal(run)) process.kill(process.pid, 'SIGABRT');
    return session.answer(run);
  }

  async release(key: SessionKey): Promise<void> {
    this.#sessions.delete(key);
  }

  #session(key: SessionKey): ScriptedSession {
    const held = this.#sessions.get(key);
    if (!held) throw new SluiceError('model_unavailable', `no model is loaded under key ${key}`);
    return held.session;
  }
}

async function readModel(path: string): Promise<ScriptedModel> {
  try {
    return parseScriptedModel(await readFile(path, 'utf8'));
  } catch (error) {
    const problem = `cannot load ${path} on the scripted device: ${messageOf(error)}`;
    throw new SluiceError('model_unavailable', problem, { cause: error });
  }
}
