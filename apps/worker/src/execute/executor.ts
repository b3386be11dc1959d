import { Injectable } from '@nestjs/common';
import { encodeResult, messageOf, SluiceError } from '@sluice/contracts';
import { packBatch, type RunResult } from '@sluice/inference-engine';
import { rowsOf } from '@sluice/scheduling';
import { Logger } from '@sluice/telemetry';
import { BufferPool } from '../batch/buffer-pool.js';
import type { OpenBatch } from '../batch/open-batch.js';
import { unpackResults } from '../batch/unpack-results.js';
import type { StagedJob } from '../buffer/staged-job.js';
import { Device, type RunOnDevice } from './device.js';
import type { Ending } from './ending.js';

/** What came of a batch on the device: outputs, or the error of the run. */
export type BatchRun = { readonly batch: OpenBatch } & ({ readonly result: RunResult } | { readonly error: unknown });

/**
 * From a batch to the ending of each of its jobs. When a batch fails, each of its jobs runs by itself: one bad request
 * does not fail its neighbours.
 */
@Injectable()
export class Executor {
  constructor(
    private readonly device: Device,
    private readonly pool: BufferPool,
    private readonly logger: Logger,
  ) {}

  /** Only runs: whatever can wait until the next batch is on the device is left to `endings`. */
  async run(batch: OpenBatch, run: RunOnDevice): Promise<BatchRun> {
    try {
      return { batch, result: await run(batch.model, batch.pack(), batch.jobs.map(jobIdOf)) };
    } catch (error) {
      return { batch, error };
    }
  }

  /** One ending for each job, in order. @throws SluiceError when the engine itself is gone: nothing is then decided */
  async endings(ran: BatchRun): Promise<Ending[]> {
    const { jobs, packingMs } = ran.batch;
    try {
      if ('error' in ran) throw ran.error;
      const { outputs, buffer, deviceMs } = ran.result;
      this.logger.debug({ ...ran.batch.model.ref, jobs: jobs.length, rows: rowsOf(jobs), deviceMs }, 'batch_ran');
      this.pool.release(buffer);
      const startedAt = performance.now();
      const requests = jobs.map(({ request }) => request);
      const results = unpackResults(outputs, requests).map(encodeResult);
      const outputMs = performance.now() - startedAt;
      const cost = { rows: rowsOf(jobs), inputMs: packingMs, inferMs: deviceMs, outputMs };
      return results.map((result) => ({ outcome: { ok: true, result }, cost }));
    } catch (error) {
      if (isEngineGone(error)) throw error;
      const [only] = jobs;
      if (only && jobs.length === 1) return [failed(error)];
      const { ref } = ran.batch.model;
      this.logger.warn({ ...ref, jobs: jobs.length, reason: messageOf(error) }, 'batch_failed_running_each_alone');
      return this.runEachAlone(jobs);
    }
  }

  private async runEachAlone(jobs: readonly StagedJob[]): Promise<Ending[]> {
    const endings: Ending[] = [];
    // One hold of the device each, so that the next batch does not wait for all of them.
    for (const job of jobs) endings.push(await this.device.hold((run) => this.runAlone(job, run)));
    return endings;
  }

  private async runAlone(job: StagedJob, run: RunOnDevice): Promise<Ending> {
    const { request, model, rows } = job;
    try {
      const packingAt = performance.now();
      const packed = packBatch(request.inputs, request.outputs);
      const inputMs = performance.now() - packingAt;
      const { outputs, deviceMs } = await run(model, packed, [jobIdOf(job)]);
      const unpackingAt = performance.now();
      const [result] = unpackResults(outputs, [request]).map(encodeResult);
      if (!result) return failed(new Error('the model computed nothing'));
      const cost = { rows, inputMs, inferMs: deviceMs, outputMs: performance.now() - unpackingAt };
      return { outcome: { ok: true, result }, cost };
    } catch (error) {
      if (isEngineGone(error)) throw error;
      return failed(error);
    }
  }
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
