import type { WorkerReport } from '@sluice/cluster';
import { ownQueue } from '@sluice/contracts';
import { WorkerHarness } from '../worker.harness.js';
import { InheritedQueues } from './inherited-queues.js';
import { ModelHost } from './model-host.js';

const Q1 = 'inference.sum.1';
const V2 = { model: 'sum', version: '2' };

describe('the queue of a version that is out of service', () => {
  let harness: WorkerHarness;
  beforeEach(() => {
    harness = new WorkerHarness();
  });
  afterEach(() => harness.close());

  const live = async () => {
    await harness.change({ kind: 'serve', version: '1' });
    await harness.change({ kind: 'serve', version: '2' });
    harness.write('2');
  };
  const queuesOfLive = () => harness.part(ModelHost).find(V2)?.queues;
  const unpinned = (...rows: number[][]) => harness.sendTo({ version: '1', unpinned: true }, ...rows);

  it('is answered by a worker that came after the retirement, and costs it nothing while it is empty', async () => {
    await live();
    await harness.start();
    expect(queuesOfLive()).toEqual(['inference.sum.2']);
    await harness.part(InheritedQueues).look();
    expect(queuesOfLive()).toEqual(['inference.sum.2']);
    const ids = await unpinned([1, 2], [3, 4]);
    expect(await harness.answers(ids)).toEqual([[3], [7]]);
    expect(await harness.answeredBy(ids)).toEqual(['2', '2']);
    // Where something was, there may be more.
    expect(queuesOfLive()).toContain(Q1);
  });

  it('is answered with the one beside it that was for this worker alone', async () => {
    await live();
    await harness.start();
    const [worker] = await harness.api.workers();
    const ids = await harness.sendTo({ version: '1', unpinned: true, queue: ownQueue(Q1, worker!.id) }, [1, 2]);
    expect(await harness.answers(ids)).toEqual([[3]]);
  });

  it('is left to another worker as long as that one serves the version', async () => {
    await live();
    await harness.api.join(await peerReport());
    await harness.start();
    const ids = [...(await unpinned([1, 2])), ...(await harness.send([3, 4]))];
    // By then it has heard of the other one.
    await vi.waitFor(
      async () => {
        await harness.part(InheritedQueues).look();
        expect(harness.part(ModelHost).byQueue(Q1)).toBeUndefined();
      },
      { timeout: 5_000 },
    );
    expect(harness.replies.size).toBe(0);
    await harness.api.leave();
    expect(await harness.answers(ids)).toEqual([[3], 'model_unavailable']);
  });

  it('gives back what its dead holder had, and that is answered too', async () => {
    await live();
    await harness.start();
    const ids = await unpinned([1, 2]);
    const { jobs } = await harness.queue.lease(Q1, { holder: 'dead', max: 1 });
    expect(jobs.map(({ lease }) => lease.jobId)).toEqual(ids);
    expect(await harness.answers(ids)).toEqual([[3]]);
    expect(await harness.answeredBy(ids)).toEqual(['2']);
  });
});

/** What a worker tells that serves version 1. */
async function peerReport(): Promise<WorkerReport> {
  const other = new WorkerHarness();
  await other.start();
  const [report] = await other.api.workers();
  await other.close();
  if (!report) throw new Error('it has not joined');
  return { ...report, id: 'peer' };
}
