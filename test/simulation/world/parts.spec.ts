import { SystemRandom } from '../../../apps/worker/src/lifecycle/random.js';
import { NestFactory } from '@nestjs/core';
import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { SimulatedEngine } from '@sluice/inference-engine';
import { InMemoryJobQueue } from '@sluice/job-queue';
import { InMemoryModelRegistry, InMemoryRegistryHub, InMemoryRolloutBook, RolloutHub } from '@sluice/model-registry';
import { createLogger } from '@sluice/telemetry';
import { SimulatedClock } from '@sluice/testing';
import { Engines } from '../../../apps/worker/src/execute/engines.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { FolderContentStore } from '@sluice/model-store';
import { MemoryModelStore } from './memory-model-store.js';
import { Parts } from './parts.js';

it('wires a worker as Nest does', async () => {
  const clock = new SimulatedClock();
  const config = compileWorkerConfig({ SLUICE_LOG_LEVEL: 'silent' });
  const engine = new SimulatedEngine({ clock, read: () => '', onCrash: () => {} });
  const module = WorkerModule.with(config, createLogger('worker', 'silent'), {
    clock,
    random: new SystemRandom(),
    queue: new InMemoryJobQueue(config.queue, clock),
    cluster: new InMemoryCluster(new InMemoryClusterHub(clock), clock, config.presenceMs),
    registry: new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'worker'),
    rollouts: new InMemoryRolloutBook(new RolloutHub(), clock),
    store: new MemoryModelStore([]),
    content: new FolderContentStore(config.storeFolder),
    engines: new Engines({ onnxruntime_onnx: engine, scripted: engine }),
  });
  const parts = new Parts(module);
  const nest = await clock.settled(NestFactory.createApplicationContext(module, { logger: false }));
  for (const token of parts.tokens) {
    const name = typeof token === 'function' ? token.name : String(token);
    expect({ [name]: wiringOf(parts, parts.resolve(token)) }).toEqual({ [name]: wiringOf(parts, nest.get(token)) });
  }
  expect(parts.tokens.length).toBeGreaterThan(20);
  await clock.settled(nest.close());
});

/** Of which class a part is, and which of its fields are other parts. */
function wiringOf(parts: Parts, part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return typeof part;
  const classes = new Set(parts.tokens.map((token) => classOf(parts.resolve(token))));
  classes.delete('Object');
  const wired = Object.entries(part).filter(([, value]) => classes.has(classOf(value)));
  return [classOf(part), wired.map(([name, value]) => [name, classOf(value)])];
}

function classOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value;
}
