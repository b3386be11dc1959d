import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type WorkerReport } from '@sluice/cluster';
import { compileWorkerConfig, type WorkerConfig } from '@sluice/config';
import { decodeResult, encodeRequest, inferenceQueue } from '@sluice/contracts';
import { OnnxEngine, ScriptedEngine, type ScriptedModelFile } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds, type Outcome } from '@sluice/job-queue';
import {
  InMemoryModelRegistry,
  InMemoryRegistryHub,
  InMemoryRolloutBook,
  RolloutHub,
  type Change,
  type RegisteredModel,
} from '@sluice/model-registry';
import { FolderContentStore, FolderModelStore } from '@sluice/model-store';
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
  scripted = new ScriptedEngine();
  readonly config: WorkerConfig;
  private readonly clock = new SystemClock();
  readonly hub = new InMemoryClusterHub(this.clock);
  private readonly registryHub = new InMemoryRegistryHub(this.clock);
  readonly registry = new InMemoryModelRegistry(this.registryHub, this.clock, 'operator');
  readonly api: InMemoryCluster;
  readonly replies = new Map<string, Outcome>();
  readonly queue: InMemoryJobQueue;
  /** What the worker has told of itself, oldest first. */
  readonly told: WorkerReport[] = [];
  private readonly ids = new JobIds(Date.now, Math.random);
  private readonly models = mkdtempSync(join(tmpdir(), 'sluice-models-'));
  private worker: INestApplicationContext | undefined;
  private onReply = () => {};

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off', ...settings });
    this.api = new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
    this.queue = new InMemoryJobQueue(this.config.queue, this.clock);
  }

  async start(model: Partial<ScriptedModelFile> = {}, config: object = {}): Promise<void> {
    this.write('1', model, config);
    await this.queue.listenForReplies('api', (replies) => {
      for (const { jobId, outcome } of replies) {
        if (this.replies.has(jobId)) throw new Error(`job ${jobId} was answered twice`);
        this.replies.set(jobId, outcome);
      }
      this.onReply();
    });
    await this.join();
  }

  /** A worker joins, where none is. */
  async join(): Promise<void> {
    const cluster = new InMemoryCluster(this.hub, this.clock, this.config.presenceMs);
    vi.spyOn(cluster, 'update').mockImplementation(async (report) => {
      this.told.push(report);
      await InMemoryCluster.prototype.update.call(cluster, report);
    });
    this.scripted = new ScriptedEngine();
    const module = WorkerModule.with(this.config, createLogger('worker', 'silent'), {
      clock: this.clock,
      random: new SystemRandom(),
      queue: this.queue.beside(this.clock),
      cluster,
      registry: new InMemoryModelRegistry(this.registryHub, this.clock, 'worker'),
      rollouts: new InMemoryRolloutBook(new RolloutHub(), this.clock),
      store: new FolderModelStore(this.models),
      content: new FolderContentStore(this.config.storeFolder),
      engines: new Engines({ onnxruntime_onnx: new OnnxEngine(this.config.engine), scripted: this.scripted }),
    });
    this.worker = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  }

  /** Changes what shall be in service. */
  async change(change: Change, model = 'sum'): Promise<RegisteredModel> {
    return this.registry.change(await this.registry.model(model), change, { by: 'test' });
  }

  /** Puts a version into the folder of models. */
  write(version: string, model: Partial<ScriptedModelFile> = {}, config: object = {}): void {
    const folder = join(this.models, 'sum', version);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...SUM, ...model }));
    writeFileSync(join(this.models, 'sum', 'config.json'), JSON.stringify({ platform: 'scripted', ...config }));
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
    return this.sendTo({ version: '1' }, ...rows);
  }

  /** @param to `unpinned`: the client named no version; `queue`: the shared one by default */
  async sendTo(
    { queue, ...to }: { version: string; unpinned?: boolean; queue?: string },
    ...rows: number[][]
  ): Promise<string[]> {
    const jobs = rows.map((values) => {
      const bytes = new Uint8Array(Int32Array.from(values).buffer);
      const inputs = [{ name: 'x', datatype: 'INT32' as const, shape: [values.length / 2, 2], bytes }];
      const payload = encodeRequest({ model: 'sum', ...to, rows: values.length / 2, inputs, outputs: ['y'] });
      return this.job(payload);
    });
    await this.queue.enqueue(queue ?? inferenceQueue({ model: 'sum', version: to.version }), jobs);
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

  /** Which versions say that they have answered in the place of the one that was asked. */
  async answeredBy(ids: readonly string[]): Promise<(string | undefined)[]> {
    await this.answers(ids);
    return ids.map((id) => {
      const reply = this.replies.get(id)!;
      return reply.ok ? decodeResult(reply.result).version : reply.error.message;
    });
  }

  get pool(): BufferPool {
    return this.part(BufferPool);
  }

  part<T>(token: Type<T>): T {
    return this.worker?.get(token) ?? expect.unreachable('the worker has not started');
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
