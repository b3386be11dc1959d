import { DeviceLoop } from '../../apps/worker/src/execute/device-loop.js';
import { Lanes } from '../../apps/worker/src/execute/lanes.js';
import { HandOff } from '../../apps/worker/src/hand-off/hand-off.js';
import { MemoryMeter } from '../../apps/worker/src/hand-off/memory-meter.js';
import { StallWatch } from '../../apps/worker/src/hand-off/stall-watch.js';
import { ModelHost } from '../../apps/worker/src/lifecycle/model-host.js';
import { ModelKeeper } from '../../apps/worker/src/lifecycle/model-keeper.js';
import { Puller } from '../../apps/worker/src/pull/puller.js';
import { IdleFleet, RUN_MS } from './world/idle-fleet.js';
import type { Parts } from './world/parts.js';

const SHARED = 'inference.m1.1';
const LIMIT = 1_000_000;

class MeasuredMemory extends MemoryMeter {
  bytes = 0;

  override residentBytes(): number {
    return this.bytes;
  }
}

/** A worker whose device and watch run; the rest of it does what it is told. */
describe('a worker that cannot start what it holds', () => {
  const memory = new MeasuredMemory();
  const log: string[] = [];
  let fleet: IdleFleet;
  let parts: Parts;
  let startedAt: number;

  /** @param runMs what its one run takes; `RUN_MS` were expected. @param loadMs of the second model */
  async function start(runMs: number, loadMs = 0): Promise<void> {
    fleet = new IdleFleet({}, loadMs);
    parts = await fleet.worker('w', {
      settings: { SLUICE_MEMORY_LIMIT_BYTES: String(LIMIT) },
      instead: [{ provide: MemoryMeter, useValue: memory }],
      pace: () => runMs / RUN_MS,
    });
    parts.get(ModelHost).byQueue(SHARED)?.costs.of('').observe(1, RUN_MS);
    await fleet.enqueue(SHARED, 1);
    const jobs = await parts.get(Puller).pull(SHARED, 'all');
    parts.get(Lanes).inference[0]!.stage(jobs!);
    log.length = 0;
    memory.bytes = 0;
    startedAt = fleet.clock.now();
    const note = (what: string) => void log.push(`${what} at ${fleet.clock.now() - startedAt}`);
    const handOff = parts.get(HandOff);
    const tell = async () => note(handOff.reasons.join() || 'none');
    handOff.start({ onOver: () => {}, stopLeasing: async () => {}, tell });
    parts.get(StallWatch).start(({ message }) => note(`hopeless: ${message}`));
    const device = parts.get(DeviceLoop);
    parts.get(Lanes).tell({ onTaken: () => {}, onChange: () => device.notify(), onEngineGone: () => {} });
    device.start(parts.get(Lanes).inference, () => {});
  }

  it('leaves the work to others while a run takes much longer than expected, and takes it up again', async () => {
    await start(900);
    await fleet.pass(1_500);
    // Twice what was expected and 200 ms more; looked at every 100 ms.
    expect(log).toEqual(['overdue at 500', 'none at 900']);
  });

  it('says when it is a model that is being loaded', async () => {
    await start(900, 2_000);
    void parts.get(ModelKeeper).load('m2');
    await fleet.pass(1_500);
    expect(log).toEqual(['loading at 500', 'none at 900']);
  });

  it('takes no run for hopeless that waits for a load, until it has gone on by itself for long', async () => {
    await start(60_000, 10_050);
    void parts.get(ModelKeeper).load('m2');
    await fleet.pass(12_150);
    expect(log).toEqual([
      'loading at 500',
      'none at 10100',
      'overdue at 10100',
      'hopeless: a run takes 2100 ms, 100 were expected at 12100',
    ]);
  });

  it('ends the process when the run will hardly ever end', async () => {
    await start(60_000);
    await fleet.pass(2_150);
    expect(log).toEqual(['overdue at 500', 'hopeless: a run takes 2100 ms, 100 were expected at 2100']);
  });

  it('does not count the time in which its own process was stopped', async () => {
    await start(60_000);
    await fleet.pass(150);
    fleet.process('w').freeze();
    await fleet.pass(30_000);
    fleet.process('w').thaw();
    await fleet.pass(100);
    expect(log.join()).not.toContain('hopeless');
  });

  it('does nothing about a run that is about as long as expected', async () => {
    await start(350);
    await fleet.pass(1_000);
    expect(log).toEqual([]);
  });

  it('hears within half a second when an operator pauses the worker', async () => {
    await start(1);
    const operator = fleet.member();
    await operator.pause('w', true);
    await fleet.pass(500);
    await operator.pause('w', false);
    await fleet.pass(500);
    expect(log).toEqual(['paused at 400', 'none at 800']);
  });

  it('takes no work while it is short of memory, and not before it is well below the limit again', async () => {
    await start(1);
    memory.bytes = LIMIT + 1;
    await fleet.pass(150);
    memory.bytes = 0.95 * LIMIT;
    await fleet.pass(200);
    memory.bytes = 0.85 * LIMIT;
    await fleet.pass(200);
    expect(log).toEqual(['memory at 100', 'none at 400']);
  });
});
