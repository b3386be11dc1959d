import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type WorkerLoad } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { encodeRequest } from '@sluice/contracts';
import { ScriptedEngine, type ScriptedModelFile } from '@sluice/inference-engine';
import { InMemoryJobQueue, JobIds } from '@sluice/job-queue';
import { InMemoryModelRegistry, InMemoryRegistryHub, InMemoryRolloutBook, RolloutHub } from '@sluice/model-registry';
import { FolderContentStore, FolderModelStore } from '@sluice/model-store';
import { createLogger } from '@sluice/telemetry';
import { Engines } from '../execute/engines.js';
import { SystemRandom } from '../lifecycle/random.js';
import { WorkerModule } from '../worker.module.js';

const QUEUE = 'inference.echo.1';
const RUN_MS = 20;
const ECHO: ScriptedModelFile = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
  fixedMs: RUN_MS,
  perRowMs: 0,
  compute: 'echo',
};
const SOON = { timeout: 5_000, interval: 10 };

/** Fails to hear the first telling. */
class DeafCluster extends InMemoryCluster {
  private deaf = true;

  override async tellLoad(load: WorkerLoad): Promise<void> {
    if (!this.deaf) return super.tellLoad(load);
    this.deaf = false;
    throw new Error('not heard');
  }
}

/** A worker in this process that profiles nothing by itself; everything real but Redis. */
async function startWorker() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-load-'));
  mkdirSync(join(folder, 'echo', '1'), { recursive: true });
  writeFileSync(join(folder, 'echo', '1', 'model.json'), JSON.stringify(ECHO));
  writeFileSync(join(folder, 'echo', 'config.json'), JSON.stringify({ platform: 'scripted', max_batch_size: 4 }));
  const config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent', SLUICE_PROFILE: 'off' });
  const clock = new SystemClock();
  const hub = new InMemoryClusterHub(clock);
  const queue = new InMemoryJobQueue(config.queue, clock);
  const scripted = new ScriptedEngine();
  const module = WorkerModule.with(config, createLogger('worker', 'silent'), {
    clock,
    random: new SystemRandom(),
    queue,
    cluster: new DeafCluster(hub, clock, config.presenceMs),
    registry: new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'worker'),
    rollouts: new InMemoryRolloutBook(new RolloutHub(), clock),
    store: new FolderModelStore(folder),
    content: new FolderContentStore(config.storeFolder),
    engines: new Engines({ onnxruntime_onnx: scripted, scripted }),
  });
  const worker = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const stop = async () => {
    await worker.close();
    rmSync(folder, { recursive: true });
  };
  return { queue, cluster: new InMemoryCluster(hub, clock, config.presenceMs), stop };
}

it('tells what the worker does, again and again, until it leaves', async () => {
  const { queue, cluster, stop } = await startWorker();
  const ids = new JobIds(Date.now, Math.random);
  const load = async () => (await cluster.loads())[0]!;
  await vi.waitFor(async () => {
    expect(await load()).toMatchObject({ device: 'idle', leasedNotStarted: 0, batches: 0, rows: 0, costs: [] });
  }, SOON);
  const { at, workerId } = await load();
  expect(workerId).toMatch(/^worker\./);

  const input = { name: 'x', datatype: 'INT32' as const, shape: [2, 1], bytes: new Uint8Array(8) };
  const payload = encodeRequest({ model: 'echo', version: '1', rows: 2, inputs: [input], outputs: ['y'] });
  const job = { label: {}, replyTo: '', priority: 1, payload };
  await queue.enqueue(QUEUE, [
    { ...job, id: ids.next(), expiresAt: queue.now() + 60_000 },
    { ...job, id: ids.next(), expiresAt: queue.now() - 1 },
  ]);
  await vi.waitFor(async () => expect((await load()).batches).toBe(1), SOON);
  const told = await load();
  expect(told.at).toBeGreaterThan(at);
  expect(told).toMatchObject({ rows: 2, slices: 0, device: 'idle' });
  expect(told.update).toBeUndefined();
  expect(told.classes).toMatchObject([
    { name: 'inference', weight: 70, busy: false },
    { name: 'model-update', weight: 30, busy: false, deviceMs: 0 },
  ]);
  expect(told.classes[0]?.deviceMs).toBeGreaterThan(RUN_MS * 0.9);
  expect(told.costs).toMatchObject([{ queue: QUEUE, bucket: '', maxRows: 4, observations: 1 }]);

  await stop();
  expect(await cluster.loads()).toEqual([]);
});
