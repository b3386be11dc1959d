import { messageOf, MODEL_UPDATE_CLASS, SluiceError, type GoldenItem, type Tensor } from '@sluice/contracts';
import { packBatch } from '@sluice/inference-engine';
import type { FittedInputs } from '../../batch/raggedness.js';
import { unpackResults } from '../../batch/unpack-results.js';
import { batchKey } from '../../buffer/staged-job.js';
import type { Device } from '../../execute/device.js';
import type { HostedModel } from '../../lifecycle/hosted-model.js';
import type { Slice } from '../slice.js';

/** What a version says to an item. */
export type Answer = { readonly outputs: readonly Tensor[] } | { readonly failed: string };

interface Asked {
  readonly item: GoldenItem;
  readonly fitted: FittedInputs;
}

/** Asks one version that this worker has, in batches as it is served. */
export class VersionAnswers {
  private readonly outputs: readonly string[];

  constructor(
    private readonly model: HostedModel,
    private readonly plan: {
      readonly device: Pick<Device, 'run'>;
      readonly jobId: string;
      readonly sliceMs: number;
    },
  ) {
    this.outputs = model.loaded.signature.outputs.map(({ name }) => name);
  }

  /**
   * Yields the device time of a slice whenever the next run would make it too long.
   * @returns an answer to each item, in order
   * @throws SluiceError when the engine itself is gone
   */
  async *answer(items: readonly GoldenItem[], slice: Slice): AsyncGenerator<number, Answer[]> {
    const asked = items.map((item) => ({ item, fitted: this.model.raggedness.fit(item.inputs) }));
    const answers: Answer[] = [];
    while (answers.length < asked.length) {
      const batch = this.batchOf(asked.slice(answers.length));
      if (slice.isOver(this.expectedMs(batch))) yield slice.end();
      const together = await this.run(batch, slice);
      if (together) answers.push(...together);
      else answers.push(...(yield* this.oneByOne(batch, slice)));
    }
    return answers;
  }

  /** So the fault is found in the item that has it. */
  private async *oneByOne(batch: readonly Asked[], slice: Slice): AsyncGenerator<number, Answer[]> {
    const answers: Answer[] = [];
    for (const each of batch) {
      if (slice.isOver(this.expectedMs([each]))) yield slice.end();
      answers.push(...((await this.run([each], slice)) ?? []));
    }
    return answers;
  }

  /** The first ones that can run together: as many as are served together, fewer where a slice is too short for them. */
  private batchOf(asked: readonly Asked[]): Asked[] {
    const batch: Asked[] = [];
    for (const next of asked) {
      if (batch.length > 0 && !this.mayJoin(batch, next)) break;
      batch.push(next);
    }
    return batch;
  }

  private mayJoin(batch: readonly Asked[], next: Asked): boolean {
    const { costs, serving } = this.model;
    const { bucket, inputs } = next.fitted;
    const grown = [...batch, next];
    if (serving.maxBatchSize === 0 || rowsOf(grown) > costs.maxRowsOf(bucket)) return false;
    if (this.expectedMs(grown) > this.plan.sliceMs) return false;
    const head = batch[0]?.fitted;
    return head?.bucket === bucket && batchKey(head.inputs) === batchKey(inputs);
  }

  private expectedMs(batch: readonly Asked[]): number {
    const bucket = batch[0]?.fitted.bucket ?? '';
    return this.model.costs.of(bucket).predict(rowsOf(batch)) ?? 0;
  }

  /** @returns undefined when the run of several has failed: one of them may be the reason */
  private async run(batch: readonly Asked[], slice: Slice): Promise<Answer[] | undefined> {
    const { model, plan } = this;
    const bucket = batch[0]?.fitted.bucket ?? '';
    const run = { model, rows: rowsOf(batch), bucket, jobIds: [plan.jobId], shareClass: MODEL_UPDATE_CLASS };
    try {
      let outputs: readonly Tensor[] = [];
      await slice.run(async () => {
        const ran = await plan.device.run(run, packBatch(joined(batch), this.outputs));
        outputs = ran.outputs;
        return ran.deviceMs;
      });
      const requests = batch.map(({ item }) => ({ ...model.ref, ...item, outputs: this.outputs }));
      return unpackResults(outputs, requests).map((result, index) => batch[index]?.fitted.crop(result) ?? result);
    } catch (error) {
      if (error instanceof SluiceError && error.code !== 'inference_failed') throw error;
      return batch.length === 1 ? [{ failed: messageOf(error) }] : undefined;
    }
  }
}

function rowsOf(batch: readonly Asked[]): number {
  return batch.reduce((sum, { item }) => sum + item.rows, 0);
}

/** The inputs of all, one after the other along the first dimension. One alone keeps its shape. */
function joined(batch: readonly Asked[]): readonly Tensor[] {
  const [head, ...others] = batch;
  if (!head || others.length === 0) return head?.fitted.inputs ?? [];
  return head.fitted.inputs.map((tensor, index) => ({
    ...tensor,
    shape: [rowsOf(batch), ...tensor.shape.slice(1)],
    bytes: Buffer.concat(batch.map(({ fitted }) => fitted.inputs[index]?.bytes ?? new Uint8Array())),
  }));
}
