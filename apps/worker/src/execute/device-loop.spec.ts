import type { Clock } from '@sluice/clock';
import { compileWorkerConfig } from '@sluice/config';
import { createLogger } from '@sluice/telemetry';
import { SimulatedClock } from '@sluice/testing';
import { DeviceLoop } from './device-loop.js';
import type { Lane } from './lane.js';

/** Units of work that take as long as they say; what runs is noted. */
class ScriptedLane implements Lane {
  hasUnsettled = false;
  startAt = -Infinity;
  readonly starts: number[] = [];

  constructor(
    readonly shareClass: string,
    private readonly clock: Clock,
    private readonly units: number[],
  ) {}

  readyAt(): number {
    return this.units.length > 0 ? this.startAt : Infinity;
  }

  expectedMs(): number | undefined {
    return this.units[0];
  }

  async turn(): Promise<number> {
    const ms = this.units.shift() ?? 0;
    this.starts.push(this.clock.now());
    await this.clock.sleep(ms);
    return ms;
  }

  give(...units: number[]): void {
    this.units.push(...units);
  }
}

describe('DeviceLoop', () => {
  let clock: SimulatedClock;
  let loop: DeviceLoop;
  const many = (ms: number) => Array.from({ length: 10_000 }, () => ms);
  const broken = (error: unknown) => {
    throw error;
  };
  beforeEach(() => {
    clock = new SimulatedClock();
    loop = new DeviceLoop(compileWorkerConfig({ SLUICE_SHARE_CREDIT_MS: '0' }), clock, createLogger('test', 'silent'));
  });

  it('divides the device by weight while all wait, whatever a unit takes', async () => {
    const inference = new ScriptedLane('inference', clock, many(4));
    const updates = new ScriptedLane('model-update', clock, many(10));
    loop.start([inference, updates], broken);
    await clock.run(10_000);
    const { inference: first, 'model-update': second } = loop.used();
    expect(first! / (first! + second!)).toBeCloseTo(0.7, 2);
    expect(first! + second!).toBeGreaterThan(9_985);
  });

  it('gives the whole device to whoever is alone', async () => {
    const updates = new ScriptedLane('model-update', clock, many(10));
    loop.start([new ScriptedLane('inference', clock, []), updates], broken);
    await clock.run(1_000);
    expect(loop.used()).toEqual({ inference: 0, 'model-update': 1000 });
    expect(loop.isBusy('model-update')).toBe(true);
    expect(loop.isBusy('inference')).toBe(false);
  });

  it('lets what arrives wait for one unit at most when it is behind its share', async () => {
    const inference = new ScriptedLane('inference', clock, []);
    const updates = new ScriptedLane('model-update', clock, many(10));
    loop.start([inference, updates], broken);
    await clock.run(105);
    inference.give(3);
    loop.notify();
    await clock.run(200);
    expect(inference.starts).toEqual([110]);
  });

  it('waits for a lane that is ready later, and no longer', async () => {
    const inference = new ScriptedLane('inference', clock, [5]);
    inference.startAt = 12;
    loop.start([inference], broken);
    await clock.run(100);
    expect(inference.starts).toEqual([12]);
  });

  it('tells about the turn in progress', async () => {
    loop.start([new ScriptedLane('inference', clock, [50])], broken);
    await clock.run(20);
    expect(loop.turn).toEqual({ startedAt: 0, expectedMs: 50 });
    await clock.run(60);
    expect(loop.turn).toBeUndefined();
  });

  it('stops when nothing is ready or unsettled any more', async () => {
    const inference = new ScriptedLane('inference', clock, [10, 10]);
    inference.hasUnsettled = true;
    loop.start([inference], broken);
    const stopped = vi.fn<() => void>();
    void loop.stop().then(stopped);
    await clock.run(30);
    expect(inference.starts).toEqual([0, 10]);
    expect(stopped).not.toHaveBeenCalled();
    inference.hasUnsettled = false;
    loop.notify();
    await clock.run(31);
    expect(stopped).toHaveBeenCalled();
  });
});
