import { SystemClock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub, type ModelStatistics } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { InMemoryModelRegistry, InMemoryRegistryHub } from '@sluice/model-registry';
import { createLogger } from '@sluice/telemetry';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { ArmCounter } from './arm-counter.js';
import { StatisticsCollector } from './statistics-collector.js';
import { StatisticsPublisher } from './statistics-publisher.js';

const REF = { model: 'm', version: '1' };

/** Adds what it is given, and loses the answer as long as it is told to. */
class LossyCluster extends InMemoryCluster {
  lossy = false;

  override async addStatistics(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void> {
    await super.addStatistics(workerId, sequence, counted);
    if (this.lossy) throw new Error('no answer');
  }
}

it('publishes what is counted, nothing twice though answers get lost, and what is left at the end', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = new SystemClock();
  const cluster = new LossyCluster(new InMemoryClusterHub(clock), clock, 3_000);
  const registry = new InMemoryModelRegistry(new InMemoryRegistryHub(clock), clock, 'test');
  const collector = new StatisticsCollector(Date.now, new ArmCounter(new RegisteredVersions(registry)));
  const identity = new WorkerIdentity(compileWorkerConfig({}));
  const publisher = new StatisticsPublisher(collector, cluster, identity, clock, createLogger('worker', 'silent'));
  const failures = async () => (await cluster.statistics([REF]))[0]?.requests.fail.count;
  publisher.start();
  collector.failed(REF, 1);
  cluster.lossy = true;
  await vi.advanceTimersByTimeAsync(1_000);
  collector.failed(REF, 2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await failures()).toBe(1);
  cluster.lossy = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await failures()).toBe(3);
  collector.failed(REF, 4);
  await publisher.stop();
  expect(await failures()).toBe(7);
});
