import { SystemClock } from '@sluice/clock';
import { RedisCluster } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { BatchedJobQueue, type Reply } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';
import { createLogger } from '@sluice/telemetry';
import { startRedis } from '@sluice/testing';
import { Admission } from '../../apps/api/src/admission/admission.js';
import { LoadWatch } from '../../apps/api/src/admission/load-watch.js';
import { ApiIdentity } from '../../apps/api/src/jobs/api-identity.js';
import { JobRunner } from '../../apps/api/src/jobs/job-runner.js';
import { ModelCatalogue } from '../../apps/api/src/models/model-catalogue.js';
import { nothingRegistered } from '../../apps/api/src/routing/nothing-registered.fixture.js';

const Q = 'inference.lost.1';
const COUNT = 40;
const redis = await startRedis();
afterAll(() => redis.stop());

type Deliver = (replies: readonly Reply[]) => void;

/** An API's connection on which something happens to the replies. */
class UnreliableQueue extends BatchedJobQueue {
  constructor(
    options: ConstructorParameters<typeof BatchedJobQueue>[0],
    private readonly deliver: (replies: readonly Reply[], deliver: Deliver) => void,
  ) {
    super(options);
  }

  override listenForReplies(replyTo: string, onReplies: Deliver, onGap: () => void): Promise<void> {
    return super.listenForReplies(replyTo, (replies) => this.deliver(replies, onReplies), onGap);
  }
}

/** Asks forty questions through an API on such a connection. @returns what its clients got */
async function askThrough(deliver: (replies: readonly Reply[], deliver: Deliver) => void): Promise<string[]> {
  const { queue: settings, prefix } = compileWorkerConfig({});
  const options = { redisUrl: redis.url, prefix, onError: () => {} };
  const worker = new BatchedJobQueue({ ...options, settings });
  await worker.start();
  const queue = new UnreliableQueue({ ...options, settings }, deliver);
  const cluster = new RedisCluster({ ...options, presenceMs: 3_000 });
  const logger = createLogger('api', 'silent');
  const clock = new SystemClock();
  const catalogue = new ModelCatalogue(cluster, nothingRegistered(clock), clock, logger);
  const loads = new LoadWatch(cluster, queue, catalogue, logger);
  const runner = new JobRunner(queue, cluster, new ApiIdentity(), new Admission(queue, loads), logger);
  await runner.onApplicationBootstrap();

  const answers = Array.from({ length: COUNT }, (_, index) =>
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
  for (let ended = 0; ended < COUNT;) {
    // In several batches, and so in several messages.
    const { jobs } = await worker.lease(Q, { holder: 'w', max: 7 });
    const outcomes = jobs.map(({ lease, payload }) => ({
      lease,
      outcome: { ok: true, result: Buffer.from(`re: ${Buffer.from(payload).toString()}`) } as const,
    }));
    ended += (await worker.settle(outcomes)).length;
    if (jobs.length === 0) await worker.waitForWork([Q], 100);
  }
  const texts = (await Promise.all(answers)).map((answer) => Buffer.from(answer).toString());
  await runner.onApplicationShutdown();
  await worker.stop();
  return texts;
}

const RIGHT = Array.from({ length: COUNT }, (_, index) => `re: question ${index}`);

it('a reply that got lost is repaired by reading the job that has ended', async () => {
  const random = seededRandom(5);
  let lost = 0;
  const texts = await askThrough((replies, deliver) => {
    const kept = replies.filter(() => random() < 0.5);
    lost += replies.length - kept.length;
    deliver(kept);
  });
  expect(texts).toEqual(RIGHT);
  expect(lost).toBeGreaterThan(5);
});

it('a reply that comes again, or for which nobody waits, is passed over', async () => {
  let again = 0;
  const texts = await askThrough((replies, deliver) => {
    deliver([{ jobId: 'unknown', outcome: { ok: true, result: Buffer.from('to nobody') } }, ...replies]);
    deliver(replies.map(({ jobId }) => ({ jobId, outcome: { ok: true, result: Buffer.from('too late') } })));
    again += replies.length;
  });
  expect(texts).toEqual(RIGHT);
  expect(again).toBe(COUNT);
});
