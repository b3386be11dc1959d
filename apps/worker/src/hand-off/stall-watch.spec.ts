import type { Clock } from '@sluice/clock';
import { InMemoryCluster, InMemoryClusterHub } from '@sluice/cluster';
import { compileWorkerConfig } from '@sluice/config';
import { createLogger } from '@sluice/telemetry';
import { SimulatedClock } from '@sluice/testing';
import { DeviceLoop } from '../execute/device-loop.js';
import type { Lane } from '../execute/lane.js';
import type { HandOffReason } from './hand-off.js';
import { StallWatch } from './stall-watch.js';

const LIMIT = 1_000_000;

/** One run that takes longer than it says. */
class SlowLane implements Lane {
  readonly shareClass = 'inference';
  readonly hasUnsettled = false;
  private isDone = false;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  readyAt(now: number): number {
    return this.isDone ? Infinity : now;
  }

  expectedMs(): number {
    return 10;
  }

  async turn(): Promise<number> {
    this.isDone = true;
    await this.clock.sleep(this.ms);
    return this.ms;
  }
}

describe('StallWatch', () => {
  const clock = new SimulatedClock();
  const log: string[] = [];
  const active = new Set<HandOffReason>();
  /** Of these three only what is asked of them. */
  const handOff = {
    get reasons() {
      return [...active];
    },
    set: async (reason: HandOffReason, holds: boolean) => {
      if (active.has(reason) === holds) return;
      log.push(`${holds ? '+' : '-'}${reason} at ${clock.now() - startedAt}`);
      if (holds) active.add(reason);
      else active.delete(reason);
    },
  };
  const memory = { residentBytes: () => usedBytes };
  const models = { isLoading: false };
  let usedBytes = 0;
  let startedAt = 0;
  let worker = clock.process('worker');
  let watch: StallWatch | undefined;

  /** Watches a worker whose device has one run. */
  const start = async (runMs: number) => {
    startedAt = clock.now();
    worker = clock.process('worker');
    log.length = 0;
    active.clear();
    const config = compileWorkerConfig({ SLUICE_MEMORY_LIMIT_BYTES: String(LIMIT) });
    const logger = createLogger('test', 'silent');
    const device = new DeviceLoop(config, clock, logger);
    const cluster = new InMemoryCluster(new InMemoryClusterHub(clock), clock, config.presenceMs);
    const identity = { id: 'w', host: 'h', pid: 1, startedAt: 0 };
    watch = new StallWatch(
      config,
      device,
      models as never,
      memory,
      cluster,
      identity,
      handOff as never,
      worker,
      logger,
    );
    watch.start((reason) => log.push(`hopeless: ${reason.message}`));
    device.start([new SlowLane(clock, runMs)], () => {});
    return cluster;
  };
  const pass = (ms: number) => clock.run(clock.now() + ms);
  afterEach(() => {
    watch?.stop();
    usedBytes = 0;
    models.isLoading = false;
  });

  it('leaves the work to others while a run takes much longer than expected, and takes it up again', async () => {
    await start(700);
    await pass(1_000);
    expect(log).toEqual(['+overdue at 300', '-overdue at 700']);
  });

  it('says when it is a model that is being loaded', async () => {
    models.isLoading = true;
    await start(700);
    await pass(1_000);
    expect(log).toEqual(['+loading at 300', '-loading at 700']);
  });

  it('ends the process when the run will hardly ever end', async () => {
    await start(60_000);
    await pass(1_250);
    expect(log).toEqual(['+overdue at 300', 'hopeless: a run takes 1200 ms, 10 were expected']);
  });

  it('does not count the time in which its own process was stopped', async () => {
    await start(60_000);
    await pass(150);
    worker.freeze();
    await pass(30_000);
    worker.thaw();
    await pass(100);
    expect(log.join()).not.toContain('hopeless');
  });

  it('does nothing about a run that is about as long as expected', async () => {
    await start(150);
    await pass(1_000);
    expect(log).toEqual([]);
  });

  it('hears within half a second when an operator pauses the worker', async () => {
    const cluster = await start(1);
    await cluster.pause('w', true);
    await pass(500);
    await cluster.pause('w', false);
    await pass(500);
    expect(log).toEqual(['+paused at 400', '-paused at 800']);
  });

  it('takes no work while it is short of memory, and not before it is well below the limit again', async () => {
    await start(1);
    usedBytes = LIMIT + 1;
    await pass(150);
    usedBytes = 0.95 * LIMIT;
    await pass(200);
    usedBytes = 0.85 * LIMIT;
    await pass(200);
    expect(log).toEqual(['+memory at 100', '-memory at 400']);
  });
});
