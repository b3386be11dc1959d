import type { ClusterFixture } from './cluster-fixture.js';

/** What only one, or a few, may do at a time. */
export function describeCoordination(at: () => ClusterFixture): void {
  it('has one coordinator at a time, and takes nothing from one whose term is over', async () => {
    const [one, two, api] = [await at().member(), await at().member(), await at().member()];
    const ttlMs = at().presenceMs;
    const assignment = (generation: number) => ({ generation, workers: { one: ['inference.m.2'] }, noRoom: ['n'] });
    expect(await api.assignment()).toBeUndefined();
    const first = await one.lead('one', ttlMs);
    expect(first).toBeGreaterThan(0);
    expect(await one.lead('one', ttlMs)).toBe(first);
    expect(await two.lead('two', ttlMs)).toBeUndefined();
    expect(await one.assign(first!, assignment(1))).toBe(true);
    expect(await api.assignment()).toEqual(assignment(1));
    await at().pass(ttlMs * 1.5);
    // Nobody has led since: it was slow, and right all the same.
    expect(await one.assign(first!, assignment(2))).toBe(true);
    const second = await two.lead('two', ttlMs);
    expect(second).toBeGreaterThan(first!);
    expect(await one.assign(first!, assignment(3))).toBe(false);
    expect(await api.assignment()).toEqual(assignment(2));
    expect(await two.assign(second!, assignment(3))).toBe(true);
    expect(await one.lead('one', ttlMs)).toBeUndefined();
    await at().pass(ttlMs * 1.5);
    expect(await two.lead('two', ttlMs)).toBeGreaterThan(second!);
  });

  it('begins the next term at once when the coordinator resigns, and leaves the term of another alone', async () => {
    const [one, two] = [await at().member(), await at().member()];
    const first = await one.lead('one', 60_000);
    await two.resign('two');
    expect(await two.lead('two', 60_000)).toBeUndefined();
    await one.resign('one');
    const second = await two.lead('two', 60_000);
    expect(second).toBeGreaterThan(first!);
    await one.resign('one');
    expect(await one.lead('one', 60_000)).toBeUndefined();
    expect(await one.assign(first!, { generation: 1, workers: {}, noRoom: [] })).toBe(false);
  });

  it('lets only so many search at once, until they end their search, or are not heard of', async () => {
    const [one, two] = [await at().member(), await at().member()];
    const forMs = at().presenceMs;
    expect(await one.beginSearch('one', 1, forMs)).toBe(true);
    // Sent again, or begun again: one worker counts once.
    expect(await one.beginSearch('one', 1, forMs)).toBe(true);
    expect(await two.beginSearch('two', 1, forMs)).toBe(false);
    expect(await two.beginSearch('two', 2, forMs)).toBe(true);
    expect(await two.beginSearch('three', 2, forMs)).toBe(false);
    await one.endSearch('one');
    expect(await two.beginSearch('three', 2, forMs)).toBe(true);
    await at().pass(forMs * 1.5);
    expect(await one.beginSearch('one', 1, forMs)).toBe(true);
  });

  it('tells those who watch that models were assigned', async () => {
    const [leader, worker] = [await at().member(), await at().member()];
    let tell = () => {};
    const told = new Promise<void>((resolve) => (tell = resolve));
    await worker.watchAssignment(tell);
    const fence = await leader.lead('leader', at().presenceMs);
    await leader.assign(fence!, { generation: 1, workers: {}, noRoom: [] });
    await at().settled(told);
  });
}
