import { workerUpdateQueue, type Introduction } from '@sluice/contracts';
import { ModelHost } from '../lifecycle/model-host.js';
import { WorkerHarness } from '../worker.harness.js';

const V1 = { model: 'sum', version: '1' };
const V2 = { model: 'sum', version: '2' };

describe('a worker whose registry changes', () => {
  let harness: WorkerHarness;
  beforeEach(async () => {
    harness = new WorkerHarness();
  });
  afterEach(() => harness.close());

  const told = () => harness.told.map(({ introductions = {} }) => introductions['sum']).filter((each) => each);
  const stages = () =>
    told()
      .map((each) => each!.stage)
      .filter((stage, index, all) => stage !== all[index - 1]);
  const reaches = (expected: Partial<Introduction>) =>
    vi.waitFor(() => expect(told().at(-1)).toMatchObject(expected), { timeout: 10_000, interval: 5 });
  const states = () => {
    const models = harness.told.at(-1)?.models ?? [];
    return Object.fromEntries(models.map(({ version, state }) => [version, state]));
  };
  const serves = (expected: Readonly<Record<string, string>>) =>
    vi.waitFor(() => expect(states()).toEqual(expected), { timeout: 5_000, interval: 5 });
  const start = async () => {
    await harness.start({ fixedMs: 5 });
    await harness.change({ kind: 'serve', version: '1' });
    harness.write('2', { fixedMs: 5 });
  };
  const propose = () => harness.change({ kind: 'propose', version: '2', canaryPercent: 0 });

  it('introduces a candidate beside the live version, which answers meanwhile', async () => {
    await start();
    const { generation } = await propose();
    const ids = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
    await reaches({ stage: 'ready', version: '2', generation, attempt: 1, progress: 1 });
    expect(stages()).toEqual(['queued', 'fetch', 'load', 'warm-up', 'ready']);
    expect(await harness.answers(ids)).toEqual([[3]]);
    expect(await harness.answeredBy(ids)).toEqual([undefined]);
    // Nobody hears that it is ready before it is warm.
    const firstReady = harness.told.findIndex(({ models }) =>
      models.some(({ version, state }) => version === '2' && state === 'ready'),
    );
    const warm = harness.told.findIndex(({ introductions }) => introductions?.['sum']?.stage === 'warm-up');
    expect(firstReady).toBeGreaterThan(warm);
    expect(await harness.answers(await harness.sendTo({ version: '2' }, [3, 4]))).toEqual([[7]]);
  });

  it('measures the candidate before it counts as ready', async () => {
    harness = new WorkerHarness({ SLUICE_PROFILE: 'auto' });
    await start();
    await propose();
    await reaches({ stage: 'ready' });
    expect(stages()).toEqual(['queued', 'fetch', 'load', 'warm-up', 'profile', 'ready']);
    expect(await harness.api.profiles(V2)).toMatchObject([{ attempts: 0, bestBatch: { '': expect.any(Number) } }]);
  });

  it('loads nothing anew when the candidate is promoted, and answers for its predecessor what named no version', async () => {
    await start();
    await propose();
    await reaches({ stage: 'ready' });
    const loaded = harness.part(ModelHost).find(V2);
    await harness.change({ kind: 'promote' });
    await serves({ 2: 'ready' });
    expect(harness.part(ModelHost).find(V2)).toBe(loaded);
    const [unpinned] = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
    const [pinned] = await harness.sendTo({ version: '1' }, [1, 2]);
    expect(await harness.answeredBy([unpinned!])).toEqual(['2']);
    expect(await harness.answers([unpinned!, pinned!])).toEqual([[3], 'model_unavailable']);
    expect(await harness.answeredBy([pinned!])).toEqual([
      'version 1 of sum was taken out of service: ask for version 2, which is live, or name none',
    ]);
  });

  it('runs what named the retired version before it lets that go', async () => {
    await harness.start({ fixedMs: 100 });
    await harness.change({ kind: 'serve', version: '1' });
    harness.write('2', { fixedMs: 5 });
    await propose();
    await reaches({ stage: 'ready' });
    // One batch each: they cannot run together.
    const ids = await harness.sendTo({ version: '1' }, ...Array.from({ length: 12 }, (_, row) => Array(200).fill(row)));
    await harness.change({ kind: 'promote' });
    const answers = await harness.answers(ids);
    expect(answers).toEqual(ids.map((_, row) => Array(100).fill(2 * row)));
    await serves({ 2: 'ready' });
  });

  it('takes a withdrawn candidate out at once, and answers its unpinned requests with the live version', async () => {
    await start();
    await propose();
    await reaches({ stage: 'ready' });
    await harness.change({ kind: 'withdraw' });
    await serves({ 1: 'ready' });
    const ids = await harness.sendTo({ version: '2', unpinned: true }, [1, 2], [3, 4]);
    expect(await harness.answers(ids)).toEqual([[3], [7]]);
    expect(await harness.answeredBy(ids)).toEqual(['1', '1']);
  });

  it('ends what does not fit the live version, and says what to do', async () => {
    await start();
    harness.write('2', { inputs: [{ name: 'z', datatype: 'INT32', shape: [-1, 2] }] });
    await propose();
    await reaches({ stage: 'ready' });
    await harness.change({ kind: 'promote' });
    await serves({ 2: 'ready' });
    const ids = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
    expect(await harness.answers(ids)).toEqual(['model_unavailable']);
    expect(await harness.answeredBy(ids)).toEqual([expect.stringContaining('read its metadata')]);
  });

  it('says at once what is wrong with a version that does not open, and goes on serving', async () => {
    await start();
    harness.write('2', { fixedMs: -1 });
    await propose();
    await reaches({ stage: 'failed', attempt: 1, reason: expect.stringContaining('fixedMs') });
    expect(await harness.answers(await harness.send([1, 2]))).toEqual([[3]]);
    expect(states()).toEqual({ 1: 'ready' });
  });

  it('tries three times when a version cannot be had, and takes it when it can', async () => {
    await start();
    await harness.change({ kind: 'propose', version: '3', canaryPercent: 0 });
    await reaches({ stage: 'queued', attempt: 2, reason: expect.stringContaining('push it again') });
    harness.write('3', { fixedMs: 5 });
    await reaches({ stage: 'ready', version: '3', attempt: 2 });
  });

  it('gives up after the third', async () => {
    await start();
    await harness.change({ kind: 'propose', version: '3', canaryPercent: 0 });
    await reaches({ stage: 'failed', attempt: 3, reason: expect.stringContaining('push it again') });
    await harness.change({ kind: 'withdraw' });
    harness.write('3', { fixedMs: 5 });
    const { generation } = await harness.change({ kind: 'propose', version: '3', canaryPercent: 0 });
    await reaches({ stage: 'ready', generation, attempt: 1 });
  });

  it('drops the introduction of a candidate that was withdrawn meanwhile', async () => {
    await start();
    harness.write('2', { loadMs: 300 });
    await propose();
    await reaches({ stage: 'load' });
    await harness.change({ kind: 'withdraw' });
    const [worker] = await harness.api.workers();
    const ended = async () => (await harness.queue.counts(workerUpdateQueue(worker!.id))).completed;
    await vi.waitFor(async () => expect(await ended()).toBe(1), { timeout: 5_000 });
    expect(stages()).not.toContain('ready');
    expect(states()).toEqual({ 1: 'ready' });
  });

  it('begins again after a restart, and when its job is gone', async () => {
    await start();
    harness.write('2', { loadMs: 300 });
    await propose();
    await reaches({ stage: 'load' });
    await harness.drain();
    harness.told.length = 0;
    await harness.join();
    await reaches({ stage: 'load' });
    const [worker] = await harness.api.workers();
    await harness.queue.removeQueue(workerUpdateQueue(worker!.id));
    await reaches({ stage: 'ready', attempt: 1 });
    expect(states()).toEqual({ 1: 'ready', 2: 'ready' });
  });

  it('introduces what was served at once in the place of another, which serves until then', async () => {
    await start();
    // Longer than an empty queue is waited for.
    harness.write('2', { loadMs: 2_500 });
    await harness.change({ kind: 'serve', version: '2' });
    await reaches({ stage: 'load' });
    const versions = new Set<string | undefined>();
    while (told().at(-1)?.stage === 'load') {
      const ids = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
      expect(await harness.answers(ids)).toEqual([[3]]);
      for (const version of await harness.answeredBy(ids)) versions.add(version);
    }
    expect([...versions]).toEqual([undefined]);
    await reaches({ stage: 'ready' });
    await serves({ 2: 'ready' });
    expect(harness.part(ModelHost).find(V1)).toBeUndefined();
  });
});
