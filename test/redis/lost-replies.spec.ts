import { SystemClock } from '@sluice/clock';
import { RedisCluster, type Reply } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { BatchedJobQueue, type LeasedJob } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';
import { createLogger } from '@sluice/telemetry';
import { startRedis } from '@sluice/testing';
import { Admission } from '../../apps/api/src/admission/admission.js';
import { LoadWatch } from '../../apps/api/src/admission/load-watch.js';
import { ApiIdentity } from '../../apps/api/src/jobs/api-identity.js';
import { JobRunner } from '../../apps/api/src/jobs/job-runner.js';
import { ModelCatalogue } from '../../apps/api/src/models/model-catalogue.js';

const Q = 'inference.lost.1';
const redis = await startRedis();
afterAll(() => redis.stop());

/** A worker's connection on which every other reply, at random, gets lost. */
class LossyCluster extends RedisCluster {
  lost = 0;
  private readonly random = seededRandom(5);

  override async reply(apiId: string, replies: readonly Reply[]): Promise<boolean> {
    const kept = replies.filter(() => this.random() < 0.5);
    this.lost += replies.length - kept.length;
    return super.reply(apiId, kept);
  }
}

it('a reply that got lost is repaired by reading the job that has ended', async () => {
  const { queue: settings, prefix } = compileWorkerConfig({});
  const options = { redisUrl: redis.url, prefix, onError: () => {} };
  const lossy = new LossyCluster({ ...options, presenceMs: 3_000 });
  const workerQueue = new BatchedJobQueue({ ...options, settings });
  await Promise.all([lossy.start(), workerQueue.start()]);
  const queue = new BatchedJobQueue({ ...options, settings });
  const cluster = new RedisCluster({ ...options, presenceMs: 3_000 });
  const logger = createLogger('api', 'silent');
  const loads = new LoadWatch(cluster, queue, new ModelCatalogue(cluster, new SystemClock(), logger), logger);
  const runner = new JobRunner(queue, cluster, new ApiIdentity(), new Admission(queue, loads), logger);
  await runner.onApplicationBootstrap();

  const count = 40;
  const answers = Array.from({ length: count }, (_, index) =>
    runner.run({
      queue: Q,
      label: {},
      payload: Buffer.from(`question ${index}`),
      priority: 1,
      rows: 1,
      timeoutMs: 20_000,
      mustBeInTime: true,
      signal: new AbortController().signal,
    }),
  );
  // A worker by hand: settle first, then reply.
  const held: LeasedJob[] = [];
  while (held.length < count) {
    const { jobs } = await workerQueue.lease(Q, { holder: 'w', max: count });
    held.push(...jobs);
    const ended = jobs.map(({ lease, payload }) => ({
      lease,
      result: Buffer.from(`re: ${Buffer.from(payload).toString()}`),
    }));
    await workerQueue.settle(ended.map(({ lease, result }) => ({ lease, outcome: { ok: true, result } })));
    await lossy.reply(
      jobs[0]?.replyTo ?? '',
      ended.map(({ lease, result }) => ({ jobId: lease.jobId, result })),
    );
    if (jobs.length === 0) await workerQueue.waitForWork([Q], 100);
  }

  const texts = (await Promise.all(answers)).map((answer) => Buffer.from(answer).toString());
  expect(texts).toEqual(Array.from({ length: count }, (_, index) => `re: question ${index}`));
  expect(lossy.lost).toBeGreaterThan(5);
  await runner.onApplicationShutdown();
  await Promise.all([lossy.stop(), workerQueue.stop()]);
});
