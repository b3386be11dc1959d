import { Injectable } from '@nestjs/common';
import { encodeResult, messageOf, SluiceError } from '@sluice/contracts';
import { packBatch, type RunResult } from '@sluice/inference-engine';
import type { Outcome } from '@sluice/job-queue';
import { rowsOf } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from '../batch/buffer-pool.js';
import type { OpenBatch } from '../batch/open-batch.js';
import { unpackResults } from '../batch/unpack-results.js';
import type { StagedJob } from '../buffer/staged-job.js';
import { Device, type RunOnDevice } from './device.js';

/** What came of a batch on the device: outputs, or the error of the run. */
export type BatchRun = { readonly batch: OpenBatch } & ({ readonly result: RunResult } | { readonly error: unknown });

/**
 * From a batch to the outcome of each of its jobs. When a batch fails, each of its jobs runs by itself: one bad request
 * does not fail its neighbours.
 */
@Injectable()
export class Executor {
  constructor(
    private readonly device: Device,
    private readonly pool: BufferPool,
    private readonly logger: Logger,
  ) {}

  /** Only runs: whatever can wait until the next batch is on the device is left to `outcomes`. */
  async run(batch: OpenBatch, run: RunOnDevice): Promise<BatchRun> {
    try {
      return { batch, result: await run(batch.model, batch.pack(), batch.jobs.map(jobIdOf)) };
    } catch (error) {
      return { batch, error };
    }
  }

  /** One outcome for each job, in order. @throws SluiceError when the engine itself is gone: nothing is then decided */
  async outcomes(ran: BatchRun): Promise<Outcome[]> {
    const { jobs } = ran.batch;
    try {
      if ('error' in ran) throw ran.error;
      const { outputs, buffer, deviceMs } = ran.result;
      this.logger.debug({ ...ran.batch.model.ref, jobs: jobs.length, rows: rowsOf(jobs), deviceMs }, 'batch_ran');
      this.pool.release(buffer);
      const results = unpackResults(
        outputs,
        jobs.map(({ request }) => request),
      );
      return results.map((result) => ({ ok: true, result: encodeResult(result) }));
    } catch (error) {
      if (isEngineGone(error)) throw error;
      const [only] = jobs;
      if (only && jobs.length === 1) return [failed(error)];
      const { ref } = ran.batch.model;
      this.logger.warn({ ...ref, jobs: jobs.length, reason: messageOf(error) }, 'batch_failed_running_each_alone');
      return this.runEachAlone(jobs);
    }
  }

  private async runEachAlone(jobs: readonly StagedJob[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    // One hold of the device each, so that the next batch does not wait for all of them.
    for (const job of jobs) outcomes.push(await this.device.hold((run) => this.runAlone(job, run)));
    return outcomes;
  }

  private async runAlone(job: StagedJob, run: RunOnDevice): Promise<Outcome> {
    const { request, model } = job;
    try {
      const { outputs } = await run(model, packBatch(request.inputs, request.outputs), [jobIdOf(job)]);
      const [result] = unpackResults(outputs, [request]);
      return result ? { ok: true, result: encodeResult(result) } : failed(new Error('the model computed nothing'));
    } catch (error) {
      if (isEngineGone(error)) throw error;
      return failed(error);
    }
  }
}

function jobIdOf({ leased }: StagedJob): string {
  return leased.lease.jobId;
}

function failed(error: unknown): Outcome {
  return { ok: false, error: { code: 'inference_failed', message: messageOf(error) } };
}

/** A run fails with `inference_failed`; any other code is about the engine, not about the request. */
function isEngineGone(error: unknown): boolean {
  return error instanceof SluiceError && error.code !== 'inference_failed';
}
