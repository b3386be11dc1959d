import { SluiceError, type Tensor } from '@sluice/contracts';
import type { PackedBatch } from '../inference-engine.js';
import type { LoadedSession } from '../thread/messages.js';
import { echoOutput, firstValues, rowSums, sumOutput } from './scripted-compute.js';
import type { ScriptedModel } from './scripted-model.js';

/** A scripted model that is loaded: what it costs and what it answers. How the time passes is its device's affair. */
export class ScriptedSession {
  readonly loaded: LoadedSession;

  constructor(private readonly model: ScriptedModel) {
    const { inputs, outputs } = model;
    const hasBatchDimension = [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
    this.loaded = { signature: { inputs, outputs }, device: 'scripted', hasBatchDimension };
  }

  rowsOf(batch: PackedBatch): number {
    return this.loaded.hasBatchDimension ? (batch.inputs[0]?.shape[0] ?? 0) : 1;
  }

  /** Of a run of so many rows. */
  costMs(rows: number): number {
    return this.model.fixedMs + this.model.perRowMs * rows;
  }

  /** Whether a run of the batch takes its process down, as a crash in native code would. */
  isFatal(batch: PackedBatch): boolean {
    const { crashOnValue } = this.model;
    return crashOnValue !== undefined && this.firstValuesOf(batch).includes(crashOnValue);
  }

  /** @throws SluiceError inference_failed */
  answer(batch: PackedBatch): Tensor[] {
    const { model } = this;
    const values = model.failRowsWithValue === undefined ? [] : this.firstValuesOf(batch);
    if (model.failRowsWithValue !== undefined && values.includes(model.failRowsWithValue)) {
      const row = values.indexOf(model.failRowsWithValue);
      throw new SluiceError('inference_failed', `row ${row} has the value that fails`);
    }
    const sums = model.compute === 'sum' ? rowSums(batch, this.rowsOf(batch)) : [];
    return batch.outputs.map((name) => this.output(name, batch, sums));
  }

  private output(name: string, batch: PackedBatch, sums: readonly number[]): Tensor {
    const { inputs, outputs, compute } = this.model;
    const index = outputs.findIndex((output) => output.name === name);
    const output = outputs[index];
    const input = batch.inputs.find((candidate) => candidate.name === inputs[index]?.name);
    if (output && compute === 'sum') return sumOutput(output, sums, this.loaded.hasBatchDimension);
    if (input && compute === 'echo') return echoOutput(name, input, batch.buffer);
    throw new SluiceError('inference_failed', `the model has no output ${name}`);
  }

  private firstValuesOf(batch: PackedBatch): number[] {
    const first = batch.inputs.find(({ name }) => name === this.model.inputs[0]?.name);
    return first ? firstValues(first, batch.buffer, this.rowsOf(batch)) : [];
  }
}
