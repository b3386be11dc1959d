import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { encodeResult, messageOf, SluiceError, type InferenceResult } from '@sluice/contracts';
import { packBatch, type RunResult } from '@sluice/inference-engine';
import { rowsOf } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from '../batch/buffer-pool.js';
import type { OpenBatch } from '../batch/open-batch.js';
import { unpackResults } from '../batch/unpack-results.js';
import type { StagedJob } from '../buffer/staged-job.js';
import { Device, type Run } from './device.js';
import type { Ending } from './ending.js';

/** What came of a batch on the device: outputs, or the error of the run. */
export type BatchRun = { readonly batch: OpenBatch } & ({ readonly result: RunResult } | { readonly error: unknown });

/** What came of one request on the device, and the device time that it took. */
export interface LoneRun {
  readonly ending: Ending;
  readonly deviceMs: number;
}

/** From a batch to the ending of each of its jobs. */
@Injectable()
export class Executor {
  constructor(
    private readonly device: Device,
    private readonly pool: BufferPool,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Only runs: whatever can wait until the next batch is on the device is left to `endings`. */
  async run(batch: OpenBatch): Promise<BatchRun> {
    const { model, jobs, bucket } = batch;
    try {
      const { shareClass } = model;
      const run = { model, rows: batch.rows, bucket, jobIds: jobs.map(jobIdOf), shareClass };
      return { batch, result: await this.device.run(run, batch.pack()) };
    } catch (error) {
      return { batch, error };
    }
  }

  /**
   * One ending for each job, in order; undefined when the batch failed and each is to be run by itself, so that one bad
   * request does not fail its neighbours.
   * @throws SluiceError when the engine itself is gone: nothing is then decided
   */
  endings(ran: BatchRun): Ending[] | undefined {
    const { jobs, packingMs, model } = ran.batch;
    // Of a run that failed the buffer was lost with it.
    if ('error' in ran) ran.batch.discard();
    else this.pool.release(ran.result.buffer);
    try {
      if ('error' in ran) throw ran.error;
      const { outputs, deviceMs } = ran.result;
      const startedAt = this.clock.now();
      const requests = jobs.map(({ request }) => request);
      const results = unpackResults(outputs, requests).map((result, index) =>
        encodeResult(answerOf(jobs[index]!, result)),
      );
      const outputMs = this.clock.now() - startedAt;
      const cost = { rows: rowsOf(jobs), inputMs: packingMs, inferMs: deviceMs, outputMs };
      return results.map((result) => ({ outcome: { ok: true, result }, cost }));
    } catch (error) {
      if (isEngineGone(error)) throw error;
      if (jobs.length === 1) return [failed(error)];
      this.logger.warn(
        { ...model.ref, jobs: jobs.length, reason: messageOf(error) },
        'batch_failed_running_each_alone',
      );
      return undefined;
    }
  }

  /** @throws SluiceError when the engine itself is gone */
  async runAlone(job: StagedJob): Promise<LoneRun> {
    const { request, rows, fitted } = job;
    const startedAt = this.clock.now();
    try {
      const packed = packBatch(fitted.inputs, request.outputs);
      const inputMs = this.clock.now() - startedAt;
      const { outputs, deviceMs } = await this.device.run(runOf(job), packed);
      const unpackingAt = this.clock.now();
      const [result] = unpackResults(outputs, [request]).map((each) => encodeResult(answerOf(job, each)));
      if (!result) throw new Error('the model computed nothing');
      const cost = { rows, inputMs, inferMs: deviceMs, outputMs: this.clock.now() - unpackingAt };
      return { ending: { outcome: { ok: true, result }, cost }, deviceMs };
    } catch (error) {
      if (isEngineGone(error)) throw error;
      // A run that failed tells no device time of its own.
      return { ending: failed(error), deviceMs: this.clock.now() - startedAt };
    }
  }
}

function runOf(job: StagedJob): Run {
  const { model, rows, fitted } = job;
  return { model, rows, bucket: fitted.bucket, jobIds: [jobIdOf(job)], shareClass: model.shareClass };
}

/** Says which version has answered, where it is not the one that was asked. */
function answerOf({ fitted, model, request }: StagedJob, result: InferenceResult): InferenceResult {
  const { version } = model.ref;
  return { ...fitted.crop(result), ...(version !== request.version && { version }) };
}

function jobIdOf({ leased }: StagedJob): string {
  return leased.lease.jobId;
}

function failed(error: unknown): Ending {
  return { outcome: { ok: false, error: { code: 'inference_failed', message: messageOf(error) } } };
}

/** A run fails with `inference_failed`; any other code is about the engine, not about the request. */
function isEngineGone(error: unknown): boolean {
  return error instanceof SluiceError && error.code !== 'inference_failed';
}
