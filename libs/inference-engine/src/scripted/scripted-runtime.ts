import { readFile } from 'node:fs/promises';
import { messageOf, SluiceError, type Tensor } from '@sluice/contracts';
import type { PackedBatch } from '../inference-engine.js';
import type { LoadedSession, SessionKey } from '../thread/messages.js';
import type { Runtime } from '../thread/serve-thread.js';
import { blockFor } from './block-for.js';
import type { SharedLedger } from './ledger.js';
import { echoOutput, firstValues, rowSums, sumOutput } from './scripted-compute.js';
import { parseScriptedModel, type ScriptedModel } from './scripted-model.js';

interface ScriptedSession {
  readonly model: ScriptedModel;
  readonly hasBatchDimension: boolean;
}

/** A device of known cost: it blocks its thread for as long as the model says, then answers what can be checked. */
export class ScriptedRuntime implements Runtime {
  readonly #sessions = new Map<SessionKey, ScriptedSession>();

  constructor(private readonly ledger: SharedLedger) {}

  async load(key: SessionKey, path: string): Promise<LoadedSession> {
    const model = await readModel(path);
    const { inputs, outputs } = model;
    const hasBatchDimension = [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
    this.#sessions.set(key, { model, hasBatchDimension });
    return { signature: { inputs, outputs }, device: 'scripted', hasBatchDimension };
  }

  async run(key: SessionKey, batch: PackedBatch): Promise<readonly Tensor[]> {
    const { model, hasBatchDimension } = this.#session(key);
    const rows = hasBatchDimension ? (batch.inputs[0]?.shape[0] ?? 0) : 1;
    const startedAt = performance.now();
    blockFor(model.fixedMs + model.perRowMs * rows);
    this.ledger.record(rows, performance.now() - startedAt);
    meetFate(model, batch, rows);
    return computeOutputs(model, batch, rows, hasBatchDimension);
  }

  async release(key: SessionKey): Promise<void> {
    this.#sessions.delete(key);
  }

  #session(key: SessionKey): ScriptedSession {
    const session = this.#sessions.get(key);
    if (!session) throw new SluiceError('model_unavailable', `no model is loaded under key ${key}`);
    return session;
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

/** What a bad request does to a batch: fails it, or takes the process along as a crash in native code would. */
function meetFate({ inputs, failRowsWithValue, crashOnValue }: ScriptedModel, batch: PackedBatch, rows: number): void {
  if (failRowsWithValue === undefined && crashOnValue === undefined) return;
  const first = batch.inputs.find(({ name }) => name === inputs[0]?.name);
  const values = first ? firstValues(first, batch.buffer, rows) : [];
  // process.abort() is refused in a worker thread; the signal that it would raise is not.
  if (crashOnValue !== undefined && values.includes(crashOnValue)) process.kill(process.pid, 'SIGABRT');
  if (failRowsWithValue !== undefined && values.includes(failRowsWithValue))
    throw new SluiceError('inference_failed', `row ${values.indexOf(failRowsWithValue)} has the value that fails`);
}

function computeOutputs(model: ScriptedModel, batch: PackedBatch, rows: number, batched: boolean): Tensor[] {
  const sums = model.compute === 'sum' ? rowSums(batch, rows) : [];
  return batch.outputs.map((name) => {
    const index = model.outputs.findIndex((output) => output.name === name);
    const output = model.outputs[index];
    const input = batch.inputs.find((candidate) => candidate.name === model.inputs[index]?.name);
    if (output && model.compute === 'sum') return sumOutput(output, sums, batched);
    if (input && model.compute === 'echo') return echoOutput(name, input, batch.buffer);
    throw new SluiceError('inference_failed', `the model has no output ${name}`);
  });
}
