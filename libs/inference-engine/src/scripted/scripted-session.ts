import { SluiceError, type Tensor } from '@sluice/contracts';
import type { PackedBatch } from '../inference-engine.js';
import type { LoadedSession } from '../thread/messages.js';
import { HeldKeys } from './held-keys.js';
import { echoOutput, firstValues, rowSums, sumOutput } from './scripted-compute.js';
import type { ScriptedModel } from './scripted-model.js';

/** A batch that the device has begun to run. */
export interface ScriptedRun {
  readonly batch: PackedBatch;
  readonly rows: number;
  readonly costMs: number;
  /** For each row, whether it brought in a key that the device did not hold; empty where it holds none. */
  readonly missed: readonly boolean[];
}

/** A scripted model that is loaded: what it costs and what it answers. How the time passes is its device's affair. */
export class ScriptedSession {
  readonly loaded: LoadedSession;
  private readonly held: HeldKeys | undefined;

  constructor(private readonly model: ScriptedModel) {
    const { inputs, outputs, holdsKeys } = model;
    this.held = holdsKeys === undefined ? undefined : new HeldKeys(holdsKeys);
    const hasBatchDimension = [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
    this.loaded = { signature: { inputs, outputs }, device: 'scripted', hasBatchDimension };
  }

  /** Says what a run of the batch costs. From now on the device holds the batch's keys. */
  begin(batch: PackedBatch): ScriptedRun {
    const { fixedMs, perRowMs, missMs = 0, stallMs } = this.model;
    const rows = this.rowsOf(batch);
    const missed = this.held?.use(this.firstValuesOf(batch)) ?? [];
    const costMs =
      fixedMs + perRowMs * rows + missMs * missed.filter(Boolean).length + (this.stalls(batch) ? stallMs : 0);
    return { batch, rows, costMs, missed };
  }

  /** Whether it takes its process down, as a crash in native code would. */
  isFatal({ batch }: ScriptedRun): boolean {
    const { crashOnValue } = this.model;
    return crashOnValue !== undefined && this.firstValuesOf(batch).includes(crashOnValue);
  }

  /** @throws SluiceError inference_failed */
  answer({ batch, rows, missed }: ScriptedRun): Tensor[] {
    const { model } = this;
    const values = model.failRowsWithValue === undefined ? [] : this.firstValuesOf(batch);
    if (model.failRowsWithValue !== undefined && values.includes(model.failRowsWithValue)) {
      const row = values.indexOf(model.failRowsWithValue);
      throw new SluiceError('inference_failed', `row ${row} has the value that fails`);
    }
    const sums = model.compute === 'sum' ? this.sumsOf(batch, rows) : [];
    return batch.outputs.map((name) =>
      name === model.missOutput ? this.missOutput(name, missed) : this.output(name, batch, sums),
    );
  }

  private sumsOf(batch: PackedBatch, rows: number): number[] {
    const { wrongEvery } = this.model;
    const sums = rowSums(batch, rows);
    if (wrongEvery === undefined) return sums;
    const firsts = this.firstValuesOf(batch);
    return sums.map((sum, row) => ((firsts[row] ?? 1) % wrongEvery === 0 ? sum + 1 : sum));
  }

  private stalls(batch: PackedBatch): boolean {
    const { stallOnValue } = this.model;
    return stallOnValue !== undefined && this.firstValuesOf(batch).includes(stallOnValue);
  }

  private rowsOf(batch: PackedBatch): number {
    return this.loaded.hasBatchDimension ? (batch.inputs[0]?.shape[0] ?? 0) : 1;
  }

  private missOutput(name: string, missed: readonly boolean[]): Tensor {
    const output = this.model.outputs.find((candidate) => candidate.name === name);
    if (output) return sumOutput(output, missed.map(Number), this.loaded.hasBatchDimension);
    throw new SluiceError('inference_failed', `the model has no output ${name}`);
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
