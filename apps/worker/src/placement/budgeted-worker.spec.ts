import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type MemoryModel } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { encodeRequest, inferenceQueue } from '@sluice/contracts';
import { OnnxEngine, ScriptedEngine, type ScriptedModelFile } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { InMemoryModelRegistry, InMemoryRegistryHub, InMemoryRolloutBook, RolloutHub } from '@sluice/model-registry';
import { FolderContentStore, FolderModelStore } from '@sluice/model-store';
import { createLogger } from '@sluice/telemetry';
import { Engines } from '../execute/engines.js';
import { SystemRandom } from '../lifecycle/random.js';
import { WorkerModule } from '../worker.module.js';

const SUM: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
  fixedMs: 1_000,
  perRowMs: 0,
};
const QUEUE = { a: inferenceQueue({ model: 'a', version: '1' }), b: inferenceQueue({ model: 'b', version: '1' }) };

/** A whole worker with room for one of two models; the test is its coordinator. */
describe('a worker with a memory budget', () => {
  const config = compileWorkerConfig({ SLUICE_MODEL_MEMORY: '10', SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
  const clock = new SystemClock();
  let hub: InMemoryClusterHub;
  let api: InMemoryCluster;
  let queue: InMemoryJobQueue;
  let scripted: ScriptedEngine;
  let folder: string;
  let worker: INestApplicationContext;
  let fence: number;
  let generation = 0;
  const answered: string[] = [];

  beforeEach(async () => {
    hub = new InMemoryClusterHub(clock);
    api = new InMemoryCluster(hub, clock, config.presenceMs);
    queue = new InMemoryJobQueue(config.queue, clock);
    scripted = new ScriptedEngine();
    folder = mkdtempSync(join(tmpdir(), 'sluice-models-'));
    write('a', 10);
    write('b', 10);
    write('large', 11);
    fence = (await api.lead('the test', 600_000))!;
    await queue.listenForReplies('api', (replies) => answered.push(...replies.map(({ jobId }) => jobId)));
    const module = WorkerModule.with(config, createLogger('worker', 'silent'), {
      clock,
      random: new SystemRandom(),
      queue: queue.beside(clock),
      cluster: new InMemoryCluster(hub, clock, config.presenceMs),
      registry: new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'worker'),
      rollouts: new InMemoryRolloutBook(new RolloutHub(), clock),
      store: new FolderModelStore(folder),
      content: new FolderContentStore(config.storeFolder),
      engines: new Engines({ onnxruntime_onnx: new OnnxEngine(config.engine), scripted }),
    });
    worker = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  });
  afterEach(async () => {
    await worker.close();
    await scripted.close();
    rmSync(folder, { recursive: true });
    answered.length = 0;
  });

  function write(model: string, bytes: number): void {
    mkdirSync(join(folder, model, '1'), { recursive: true });
    writeFileSync(join(folder, model, '1', 'model.json'), JSON.stringify(SUM));
    writeFileSync(join(folder, model, 'config.json'), JSON.stringify({ platform: 'scripted', memory_bytes: bytes }));
  }

  const assign = async (...queues: string[]) => {
    const [report] = await api.workers();
    const workers = { [report!.id]: queues };
    expect(await api.assign(fence, { generation: ++generation, workers, noRoom: [] })).toBe(true);
  };
  const states = async () => {
    const [report] = await api.workers();
    return Object.fromEntries(report!.models.map(({ model, state }) => [model, state]));
  };
  const until = (expected: Readonly<Record<string, string>>) =>
    vi.waitFor(async () => expect(await states()).toMatchObject(expected), { timeout: 5_000, interval: 10 });
  const told = (expected: Partial<MemoryModel>) =>
    vi.waitFor(
      async () => {
        const [load] = await api.loads();
        expect(load?.memory?.models).toContainEqual(expect.objectContaining(expected));
      },
      { timeout: 5_000, interval: 10 },
    );

  async function send(model: 'a' | 'b'): Promise<string> {
    const ids = new JobIds(Date.now, Math.random);
    const bytes = new Uint8Array(Int32Array.from([1, 2]).buffer);
    const inputs = [{ name: 'x', datatype: 'INT32' as const, shape: [1, 2], bytes }];
    const payload = encodeRequest({ model, version: '1', rows: 1, inputs, outputs: ['y'] });
    const job = { id: ids.next(), label: {}, replyTo: 'api', priority: 1, expiresAt: Date.now() + 60_000, payload };
    await queue.enqueue(QUEUE[model], [job]);
    return job.id;
  }

  it('loads nothing by itself, and tells what it could load, and what never', async () => {
    expect(await states()).toEqual({ a: 'available', b: 'available', large: 'unavailable' });
    const [report] = await api.workers();
    expect(report!.models).toContainEqual(
      expect.objectContaining({ model: 'large', reason: expect.stringContaining('SLUICE_MODEL_MEMORY allows 10') }),
    );
    await told({ queue: QUEUE.a, state: 'available', bytes: 10, held: false });
    await told({ state: 'failed', bytes: 11 });
  });

  it('loads what is assigned to it, remembers how long that took, and knows how it was served', async () => {
    await assign(QUEUE.a);
    await until({ a: 'ready', b: 'available' });
    await told({ queue: QUEUE.a, state: 'ready', bytes: 10, loadMs: expect.any(Number) as number });
    await assign();
    await until({ a: 'available' });
    const [report] = await api.workers();
    expect(report!.models).toContainEqual(expect.objectContaining({ model: 'a', serving: expect.anything() }));
  });

  it('finishes what it has leased before it lets a model go, and loads the next one only then', async () => {
    await assign(QUEUE.a);
    await until({ a: 'ready' });
    const id = await send('a');
    await told({ queue: QUEUE.a, held: true });
    await assign(QUEUE.b);
    await until({ a: 'unloading', b: 'available' });
    expect(answered).toEqual([]);
    await until({ a: 'available', b: 'ready' });
    expect(answered).toEqual([id]);
  });

  it('leaves what waits for a model that it lets go, and runs it when it has the model again', async () => {
    const id = await send('b');
    await assign(QUEUE.a);
    await until({ a: 'ready' });
    expect(await queue.counts(QUEUE.b)).toMatchObject({ waiting: 1, active: 0 });
    await assign(QUEUE.b);
    await vi.waitFor(() => expect(answered).toEqual([id]), { timeout: 5_000 });
  });

  it('keeps what it has when nothing is said of it', async () => {
    await assign(QUEUE.a);
    await until({ a: 'ready' });
    await api.assign(fence, { generation: ++generation, workers: {}, noRoom: [] });
    const id = await send('a');
    await vi.waitFor(() => expect(answered).toEqual([id]), { timeout: 5_000 });
    expect(await states()).toMatchObject({ a: 'ready', b: 'available' });
  });

  it('does not load what an operator unloaded, until that is taken back', async () => {
    const { revision } = await api.setModelState('a', 'unloaded');
    await vi.waitFor(async () => expect((await api.workers())[0]?.applied['a']?.revision).toBe(revision));
    await assign(QUEUE.a, QUEUE.b);
    await until({ a: 'unavailable', b: 'ready' });
    await told({ queue: QUEUE.a, state: 'failed' });
    await api.setModelState('a', 'loaded');
    await until({ a: 'ready' });
  });
});
