import { SystemClock } from '@sluice/clock';
import { InMemoryModelRegistry, InMemoryRegistryHub, type Change, type RegisteredModel } from '@sluice/model-registry';
import { RegisteredVersions } from './registered-versions.js';

describe('RegisteredVersions', () => {
  const clock = new SystemClock();
  let registry: InMemoryModelRegistry;
  let versions: RegisteredVersions;
  let changes: string[][];

  beforeEach(() => {
    const hub = new InMemoryRegistryHub(clock);
    registry = new InMemoryModelRegistry(hub, clock, 'operator');
    versions = new RegisteredVersions(new InMemoryModelRegistry(hub, clock, 'worker'));
    changes = [];
  });

  const change = async (made: Change, model = 'm'): Promise<RegisteredModel> =>
    registry.change(await registry.model(model), made, { by: 'test' });
  /** As a worker sees it that hears of each. */
  const seen = async (...made: Change[]) => {
    for (const each of made) {
      const { generation } = await change(each);
      await vi.waitFor(() => expect(versions.of('m')?.generation).toBe(generation), { interval: 1 });
    }
  };
  const roles = (...asked: string[]) => asked.map((version) => versions.roleOf({ model: 'm', version }));
  const since = (version: string) => versions.since({ model: 'm', version });
  const start = () => versions.start((models) => changes.push([...models]));
  const propose = (version: string): Change => ({ kind: 'propose', version, canaryPercent: 0 });

  it('tells who leaves at once from who serves until its successor does', async () => {
    await start();
    expect(roles('1')).toEqual(['unmanaged']);
    await seen({ kind: 'serve', version: '1' }, propose('2'));
    expect(roles('1', '2', '3')).toEqual(['live', 'candidate', 'retired']);
    await seen({ kind: 'withdraw' });
    expect(roles('1', '2')).toEqual(['live', 'withdrawn']);
    await seen(propose('3'), { kind: 'promote' });
    expect(roles('1', '2', '3')).toEqual(['retired', 'withdrawn', 'live']);
    // It was the candidate once, and live after that.
    await seen(propose('1'), { kind: 'promote' }, { kind: 'serve', version: '3' });
    expect(roles('1', '3')).toEqual(['retired', 'live']);
  });

  it('knows since when a version is to be served, over shifts and its promotion', async () => {
    await start();
    await seen({ kind: 'serve', version: '1' }, propose('2'), { kind: 'shift', canaryPercent: 5 }, { kind: 'promote' });
    expect([since('1'), since('2')]).toEqual([undefined, 2]);
    await seen(propose('1'), { kind: 'withdraw' }, propose('1'));
    expect([since('1'), since('2')]).toEqual([7, 2]);
  });

  it('takes a candidate for another one when it has missed what was in between', async () => {
    await start();
    await seen({ kind: 'serve', version: '1' }, propose('2'));
    await change({ kind: 'withdraw' });
    await change(propose('2'));
    await vi.waitFor(() => expect(since('2')).toBe(4));
  });

  it('tells nothing of what was there before, and of each change which model it was', async () => {
    await change({ kind: 'serve', version: '1' });
    await start();
    expect(roles('1')).toEqual(['live']);
    expect(versions.live()).toEqual([{ model: 'm', version: '1' }]);
    await change({ kind: 'serve', version: '7' }, 'n');
    await vi.waitFor(() => expect(changes).toEqual([['n']]));
    expect(versions.queues()).toEqual(['inference.m.1', 'inference.n.7']);
  });

  it('remembers what was in service since it came', async () => {
    await change({ kind: 'serve', version: '1' });
    await change({ kind: 'serve', version: '2' });
    await start();
    await seen({ kind: 'serve', version: '3' });
    expect(['1', '2', '3'].map((version) => versions.hasServed({ model: 'm', version }))).toEqual([false, true, true]);
  });
});
