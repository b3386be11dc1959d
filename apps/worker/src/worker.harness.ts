import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type WorkerReport } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { decodeResult, encodeRequest } from '@sluice/contracts';
import { OnnxEngine, ScriptedEngine, type ScriptedModelFile } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds, type Outcome } from '@sluice/job-queue';
import { FolderModelStore } from '@sluice/model-store';
import { createLogger } from '@sluice/telemetry';
import { BufferPool } from './batch/buffer-pool.js';
import { Engines } from './execute/engines.js';
import { SystemRandom } from './lifecycle/random.js';
import { WorkerModule } from './worker.module.js';

export const Q = 'inference.sum.1';
export const SUM: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
  fixedMs: 20,
  perRowMs: 0,
  failRowsWithValue: 666,
};

/** A whole worker in this process: everything real but Redis. */
export class WorkerHarness {
  readonly scripted = new ScriptedEngine();
  readonly config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
  private readonly clock = new SystemClock();
  readonly hub = new InMemoryClusterHub(this.clock);
  readonly api = new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
  readonly replies = new Map<string, Outcome>();
  readonly queue = new InMemoryJobQueue(this.config.queue, this.clock);
  private readonly ids = new JobIds(Date.now, Math.random);
  private readonly models = mkdtempSync(join(tmpdir(), 'sluice-models-'));
  private worker: INestApplicationContext | undefined;
  private onReply = () => {};

  async start(model: Partial<ScriptedModelFile> = {}): Promise<void> {
    this.write('1', model);
    await this.queue.listenForReplies('api', (replies) => {
      for (const { jobId, outcome } of replies) {
        if (this.replies.has(jobId)) throw new Error(`job ${jobId} was answered twice`);
        this.replies.set(jobId, outcome);
      }
      this.onReply();
    });
    const logger = createLogger('worker', 'silent');
    const module = WorkerModule.with(this.config, logger, {
      clock: this.clock,
      random: new SystemRandom(),
      queue: this.queue.beside(this.clock),
      cluster: new InMemoryCluster(this.hub, this.clock, this.config.presenceMs),
      store: new FolderModelStore(this.models),
      engines: new Engines({ onnxruntime_onnx: new OnnxEngine(this.config.engine), scripted: this.scripted }),
    });
    this.worker = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  }

  /** Puts a version into the folder of models. */
  write(version: string, model: Partial<ScriptedModelFile>): void {
    const folder = join(this.models, 'sum', version);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...SUM, ...model }));
    writeFileSync(join(this.models, 'sum', 'config.json'), JSON.stringify({ platform: 'scripted' }));
  }

  /** Resolves with the worker's report when it has acted upon the wish. */
  async wish(state: 'loaded' | 'unloaded', model = 'sum'): Promise<WorkerReport> {
    const { revision } = await this.api.setModelState(model, state);
    return vi.waitFor(async () => {
      const [report] = await this.api.workers();
      if (report?.applied[model]?.revision !== revision) throw new Error(`${model} is not ${state} yet`);
      return report;
    });
  }

  async send(...rows: number[][]): Promise<string[]> {
    const jobs = rows.map((values) => {
      const bytes = new Uint8Array(Int32Array.from(values).buffer);
      const inputs = [{ name: 'x', datatype: 'INT32' as const, shape: [values.length / 2, 2], bytes }];
      const payload = encodeRequest({ model: 'sum', version: '1', rows: values.length / 2, inputs, outputs: ['y'] });
      return this.job(payload);
    });
    await this.queue.enqueue(Q, jobs);
    return jobs.map(({ id }) => id);
  }

  job(payload: Uint8Array) {
    const expiresAt = Date.now() + 60_000;
    return { id: this.ids.next(), label: {}, replyTo: 'api', priority: 1, expiresAt, payload };
  }

  async answers(ids: readonly string[]): Promise<(number[] | string)[]> {
    while (!ids.every((id) => this.replies.has(id))) await new Promise<void>((resolve) => (this.onReply = resolve));
    return ids.map((id) => {
      const reply = this.replies.get(id)!;
      if (!reply.ok) return reply.error.code;
      const { bytes } = decodeResult(reply.result).outputs[0]!;
      return [...new Int32Array(Uint8Array.from(bytes).buffer)];
    });
  }

  get pool(): BufferPool {
    return this.worker?.get(BufferPool) ?? expect.unreachable('the worker has not started');
  }

  /** Resolves when the device is in its nth run. */
  async running(holding: number): Promise<void> {
    await vi.waitFor(async () => expect((await this.queue.counts(Q)).active).toBeGreaterThanOrEqual(holding), {
      interval: 1,
    });
  }

  async drain(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.close();
  }

  async close(): Promise<void> {
    await this.drain();
    await this.scripted.close();
    rmSync(this.models, { recursive: true });
  }
}
