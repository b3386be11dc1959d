import type { Introduction } from '@sluice/contracts';
import type { MemoryModel } from '@sluice/cluster';
import { WorkerHarness } from '../worker.harness.js';

const Q1 = 'inference.sum.1';
const Q2 = 'inference.sum.2';

/** Two versions of a model on a worker with a memory budget; the test is its coordinator. */
describe('versions on a worker with a memory budget', () => {
  let harness: WorkerHarness;
  let fence: number;
  let generation: number;
  afterEach(() => harness.close());

  /** @param bytes of each version, of 10 */
  const start = async (bytes: number) => {
    harness = new WorkerHarness({ SLUICE_MODEL_MEMORY: '10' });
    generation = 0;
    fence = (await harness.api.lead('the test', 600_000))!;
    await harness.change({ kind: 'serve', version: '1' });
    harness.write('2', { fixedMs: 5 }, { memory_bytes: bytes });
    await harness.start({ fixedMs: 5 }, { memory_bytes: bytes });
    await assign(Q1);
    await serves({ 1: 'ready' });
  };
  const assign = async (...queues: string[]) => {
    const workers = { [await worker()]: queues };
    expect(await harness.api.assign(fence, { generation: ++generation, workers, noRoom: [] })).toBe(true);
  };
  const worker = async () => (await harness.api.workers())[0]!.id;
  const propose = () => harness.change({ kind: 'propose', version: '2', canaryPercent: 0 });
  const exchange = async () => harness.change({ kind: 'exchange', workers: [await worker()] });
  const until = { timeout: 10_000, interval: 5 };
  const reaches = (expected: Partial<Introduction>) =>
    vi.waitFor(() => expect(harness.told.at(-1)?.introductions?.['sum']).toMatchObject(expected), until);
  const serves = (expected: Readonly<Record<string, string>>) =>
    vi.waitFor(() => {
      const models = harness.told.at(-1)?.models ?? [];
      expect(Object.fromEntries(models.map(({ version, state }) => [version, state]))).toMatchObject(expected);
    }, until);
  const tells = (expected: Partial<MemoryModel>) =>
    vi.waitFor(async () => {
      const [load] = await harness.api.loads();
      expect(load?.memory?.models).toContainEqual(expect.objectContaining(expected));
    }, until);

  it('are there side by side when both fit, until the coordinator decides on the successor', async () => {
    await start(5);
    await propose();
    await reaches({ stage: 'ready', version: '2' });
    await serves({ 1: 'ready', 2: 'ready' });
    await tells({ queue: Q2, state: 'ready', kept: true });
    await harness.change({ kind: 'promote' });
    await vi.waitFor(() => expect(harness.told.at(-1)?.models).toMatchObject([{ version: '2' }]), until);
    // What was assigned is the predecessor: nobody has decided anything about this one.
    await tells({ queue: Q2, state: 'ready', kept: true });
    await assign(Q2);
    await vi.waitFor(async () => {
      const [load] = await harness.api.loads();
      expect(load?.memory?.models).toEqual([expect.not.objectContaining({ kept: true })]);
    }, until);
    await assign();
    await serves({ 2: 'available' });
  });

  it('wait for each other when both do not fit, and change places when the registry says so', async () => {
    await start(6);
    await propose();
    const reason = expect.stringMatching(/6 bytes of memory, beside 6 of inference\.sum\.1: .* allows 10$/);
    await reaches({ stage: 'waits-for-room', version: '2', reason: reason as string });
    expect(await harness.answers(await harness.send([1, 2]))).toEqual([[3]]);
    await exchange();
    await reaches({ stage: 'ready', version: '2' });
    await serves({ 2: 'ready' });
    expect(harness.told.some(({ models }) => models.filter(({ state }) => state === 'ready').length > 1)).toBe(false);
    expect(await harness.answers(await harness.sendTo({ version: '2' }, [3, 4]))).toEqual([[7]]);
    const waiting = await harness.send([5, 6]);
    await harness.change({ kind: 'withdraw' });
    expect(await harness.answers(waiting)).toEqual([[11]]);
  });

  it('the retired one serves on where its successor has no room, until the registry says otherwise', async () => {
    await start(6);
    await harness.change({ kind: 'serve', version: '2' });
    await reaches({ stage: 'waits-for-room', version: '2' });
    const before = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
    expect(await harness.answers(before)).toEqual([[3]]);
    expect(await harness.answeredBy(before)).toEqual([undefined]);
    await exchange();
    await reaches({ stage: 'ready', version: '2' });
    const after = await harness.sendTo({ version: '1', unpinned: true }, [1, 2]);
    expect(await harness.answeredBy(after)).toEqual(['2']);
  });

  it('a candidate whose live version is in nobody’s memory comes by itself, where there is room', async () => {
    await start(6);
    await assign();
    await serves({ 1: 'available' });
    await propose();
    await reaches({ stage: 'ready', version: '2' });
    expect(harness.told.at(-1)?.models).toMatchObject([
      { version: '1', state: 'available' },
      { version: '2', state: 'ready' },
    ]);
  });

  it('one that can never fit has failed at once', async () => {
    await start(6);
    harness.write('2', { fixedMs: 5 }, { memory_bytes: 11 });
    await propose();
    await reaches({ stage: 'failed', attempt: 1, reason: expect.stringContaining('allows 10') as string });
  });
});
