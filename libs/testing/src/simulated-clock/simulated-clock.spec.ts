import { SimulatedClock } from './simulated-clock.js';

describe('SimulatedClock', () => {
  const clockWithLog = () => {
    const clock = new SimulatedClock(1_000);
    const log: string[] = [];
    const note = (what: string) => () => void log.push(`${what} at ${clock.now()}`);
    return { clock, log, note };
  };

  it('calls by time, then in the order of asking, and stops at the time it was run to', async () => {
    const { clock, log, note } = clockWithLog();
    clock.after(20, note('b'));
    clock.after(10, note('a'));
    clock.after(20, note('c'));
    clock.after(31, note('too late'));
    const cancelled = clock.after(5, note('cancelled'));
    cancelled.cancel();
    await clock.run(1_030);
    expect(log).toEqual(['a at 1010', 'b at 1020', 'c at 1020']);
    expect(clock.now()).toBe(1_030);
  });

  it('keeps the order of a thousand timers that were asked for in disorder', async () => {
    const { clock } = clockWithLog();
    const called: number[] = [];
    const times = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 500);
    for (const ms of times) clock.after(ms, () => called.push(clock.now() - 1_000));
    await clock.run(2_000);
    expect(called).toEqual(times.toSorted((a, b) => a - b));
  });

  it('lets whatever a call has set off settle before the next one, however long the chain', async () => {
    const { clock, log, note } = clockWithLog();
    clock.after(10, () => {
      void (async () => {
        for (let step = 0; step < 500; step++) await Promise.resolve();
        note('the end of the chain')();
      })();
    });
    clock.after(10, note('next'));
    await clock.run(1_010);
    expect(log).toEqual(['the end of the chain at 1010', 'next at 1010']);
  });

  it('repeats, and stops repeating', async () => {
    const { clock, log, note } = clockWithLog();
    const timer = clock.every(10, note('beat'));
    clock.after(25, () => timer.cancel());
    await clock.run(2_000);
    expect(log).toEqual(['beat at 1010', 'beat at 1020']);
  });

  it('makes a call that is to come soon after all that is due', async () => {
    const { clock, log, note } = clockWithLog();
    clock.after(5, () => clock.soon(note('soon')));
    clock.after(5, note('due'));
    await clock.run(1_005);
    expect(log).toEqual(['due at 1005', 'soon at 1005']);
  });

  it('runs until a condition holds, or a promise settles', async () => {
    const { clock } = clockWithLog();
    let beats = 0;
    clock.every(10, () => beats++);
    await clock.run(() => beats === 3);
    expect(clock.now()).toBe(1_030);
    expect(await clock.settled(clock.sleep(7).then(() => 'slept'))).toBe('slept');
    expect(clock.now()).toBe(1_037);
    await expect(clock.settled(clock.sleep(1).then(() => Promise.reject(new Error('no'))))).rejects.toThrow('no');
  });

  it('says what waits when nothing is left that could happen', async () => {
    const { clock } = clockWithLog();
    const worker = clock.process('worker 2');
    worker.after(5, () => {});
    worker.freeze();
    void clock.watch('the answer to request 7', new Promise(() => {}));
    void clock.watch('what was answered', Promise.resolve());
    const failure = await clock.run(() => false).catch(String);
    expect(failure).toContain('nothing is left that could happen');
    expect(failure).toContain('the answer to request 7; worker 2 is frozen with 1 calls due');
    expect(failure).not.toContain('what was answered');
  });

  it('gives up what does not hold in time, and a loop in which time does not go on', async () => {
    const { clock } = clockWithLog();
    clock.every(10, () => {});
    await expect(clock.run(() => false, 1_500)).rejects.toThrow('its time is over');
    const loop = () => clock.soon(loop);
    loop();
    await expect(clock.run(2_000)).rejects.toThrow('something loops');
  });

  it('passes on what a call throws', async () => {
    const { clock } = clockWithLog();
    clock.after(1, () => {
      throw new Error('broken');
    });
    await expect(clock.run(2_000)).rejects.toThrow('broken');
    await clock.run(3_000);
  });

  describe('a process', () => {
    it('that was killed is never called again', async () => {
      const { clock, log, note } = clockWithLog();
      const victim = clock.process('victim');
      victim.after(10, note('victim timer'));
      victim.every(3, note('victim beat'));
      void victim.sleep(7).then(note('victim continued'));
      clock.after(5, () => {
        victim.soon(note('victim soon'));
        victim.kill();
        victim.thaw();
      });
      clock.process('other').after(20, note('other timer'));
      await clock.run(1_100);
      expect(log).toEqual(['victim beat at 1003', 'other timer at 1020']);
    });

    it('that was frozen is called late, in order, and a beat that was missed often comes once', async () => {
      const { clock, log, note } = clockWithLog();
      const frozen = clock.process('frozen');
      frozen.every(10, note('beat'));
      frozen.after(15, note('first'));
      frozen.after(16, note('second'));
      const cancelled = frozen.after(17, note('cancelled'));
      clock.after(5, () => frozen.freeze());
      clock.after(50, () => {
        cancelled.cancel();
        frozen.thaw();
      });
      await clock.run(1_065);
      expect(log).toEqual(['beat at 1050', 'first at 1050', 'second at 1050', 'beat at 1060']);
    });
  });

  it('makes tens of thousands of calls a second, each with promises to settle', async () => {
    const { clock } = clockWithLog();
    let calls = 0;
    for (let process = 0; process < 20; process++) {
      const own = clock.process(`p${process}`);
      void (async () => {
        for (;;) {
          await own.sleep(1);
          calls++;
        }
      })();
    }
    const start = performance.now();
    await clock.run(3_000);
    const perSecond = (calls / (performance.now() - start)) * 1_000;
    expect(calls).toBe(40_000);
    // Far below what an idle machine does, so that a busy one passes.
    expect(perSecond).toBeGreaterThan(20_000);
  });
});
