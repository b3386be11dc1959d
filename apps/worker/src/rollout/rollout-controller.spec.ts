import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { decodeUpdateJob, MODEL_UPDATE_QUEUE, type Rollout } from '@sluice/contracts';
import { InMemoryJobQueue } from '@sluice/job-queue';
import {
  InMemoryModelRegistry,
  InMemoryRegistryHub,
  InMemoryRolloutBook,
  RolloutHub,
  unregistered,
} from '@sluice/model-registry';
import { createLogger } from '@sluice/telemetry';
import { CONFORMANCE_SETTINGS, rollout, SimulatedClock, workerReport } from '@sluice/testing';
import { RolloutController } from './rollout-controller.js';
import { RolloutEffects } from './rollout-effects.js';
import { RolloutSight } from './rollout-sight.js';

/** Of a cluster whose workers are nothing but controllers. */
class Controllers {
  readonly clock = new SimulatedClock();
  private readonly registryHub = new InMemoryRegistryHub(this.clock);
  private readonly rolloutHub = new RolloutHub();
  private readonly clusterHub = new InMemoryClusterHub(this.clock);
  readonly queue = new InMemoryJobQueue(CONFORMANCE_SETTINGS, this.clock);
  readonly book = new InMemoryRolloutBook(this.rolloutHub, this.clock);
  /** Who has looked who is there, in order: whoever takes a step does, and whoever finds that it is not its turn. */
  readonly looks: string[] = [];

  async worker(id: string, state: 'serving' | 'draining' = 'serving') {
    const process = this.clock.process(id);
    const cluster = new InMemoryCluster(this.clusterHub, process, compileWorkerConfig({}).presenceMs);
    await cluster.join(workerReport(id, { state }));
    const read = cluster.workers.bind(cluster);
    cluster.workers = () => {
      this.looks.push(id);
      return read();
    };
    const queue = this.queue.beside(process);
    const registry = new InMemoryModelRegistry(this.registryHub, process, id);
    const controller = new RolloutController(
      { id, host: 'test', pid: 1, startedAt: 0 },
      new InMemoryRolloutBook(this.rolloutHub, process),
      registry,
      cluster,
      new RolloutSight(cluster, queue),
      new RolloutEffects(queue, registry),
      process,
      createLogger('worker', 'silent'),
    );
    await controller.start();
    return { controller, process, cluster };
  }

  /** A rollout of version 2, where version 1 is live. */
  async begin(): Promise<void> {
    const registry = new InMemoryModelRegistry(this.registryHub, this.clock, 'operator');
    await registry.change(unregistered('m'), { kind: 'serve', version: '1' }, { by: 'test' });
    await this.book.create(rollout('r'));
  }

  async now(): Promise<Rollout> {
    return (await this.book.get('r')) ?? expect.unreachable('the rollout is gone');
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }
}

it('asks nothing while there is no rollout, and nothing more after the last', async () => {
  const controllers = new Controllers();
  await controllers.worker('a');
  await controllers.pass(60_000);
  expect(controllers.looks).toEqual([]);
  await controllers.begin();
  await controllers.pass(1_000);
  expect(controllers.looks.length).toBeGreaterThan(0);
  const seen = await controllers.now();
  await controllers.book.change(seen, { ...seen, phase: 'rolled-back', endedAt: 5 });
  await controllers.pass(100);
  const { length } = controllers.looks;
  await controllers.pass(60_000);
  expect(controllers.looks).toHaveLength(length);
});

it('enqueues the job of a stage at once, and goes on with its result', async () => {
  const controllers = new Controllers();
  await controllers.worker('a');
  await controllers.begin();
  await controllers.pass(1);
  const leased = await controllers.queue.lease(MODEL_UPDATE_QUEUE, { holder: 'w', max: 1 });
  const [job] = leased.jobs;
  expect(decodeUpdateJob(job!.payload)).toMatchObject({ kind: 'verify', version: '2', rollout: 'r', attempt: 1 });
  const result = new TextEncoder().encode(JSON.stringify({ kind: 'verify', files: 1, bytes: 2 }));
  await controllers.queue.settle([{ lease: job!.lease, outcome: { ok: true, result } }]);
  await controllers.pass(501);
  expect(await controllers.now()).toMatchObject({ phase: 'sandbox', stages: { verify: { result: { files: 1 } } } });
});

it('takes a result that it cannot read for an attempt that failed', async () => {
  const controllers = new Controllers();
  await controllers.worker('a');
  await controllers.begin();
  await controllers.pass(1);
  const { jobs } = await controllers.queue.lease(MODEL_UPDATE_QUEUE, { holder: 'w', max: 1 });
  await controllers.queue.settle([{ lease: jobs[0]!.lease, outcome: { ok: true, result: new Uint8Array() } }]);
  await controllers.pass(501);
  const { phase, stages, events } = await controllers.now();
  expect({ phase, attempt: stages.verify?.attempt }).toEqual({ phase: 'verify', attempt: 2 });
  expect(events.at(-1)?.message).toContain('its result is unreadable');
});

it('is the matter of the worker with the lowest id that stays, until that is gone', async () => {
  const controllers = new Controllers();
  await controllers.worker('a', 'draining');
  const first = await controllers.worker('b');
  await controllers.worker('c');
  await controllers.begin();
  await controllers.pass(1);
  const begun = await controllers.now();
  expect(begun.revision).toBeGreaterThan(1);
  first.process.kill();
  first.cluster.disconnect();
  await controllers.queue.lease(MODEL_UPDATE_QUEUE, { holder: 'w', max: 1 });
  await controllers.book.change(begun, { ...begun, asked: 'roll-back' });
  await controllers.pass(10_000);
  expect(await controllers.now()).toMatchObject({ phase: 'rolled-back', endedAt: expect.any(Number) });
});

it('is over for a worker that stops', async () => {
  const controllers = new Controllers();
  const { controller } = await controllers.worker('a');
  await controllers.begin();
  await controller.stop();
  const { length } = controllers.looks;
  await controllers.pass(5_000);
  expect(controllers.looks).toHaveLength(length);
});
