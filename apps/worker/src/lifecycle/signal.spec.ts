import { SystemClock } from '@sluice/clock';
import { Signal } from './signal.js';

describe('Signal', () => {
  it('keeps one notification for the next to wait', async () => {
    const signal = new Signal(new SystemClock());
    signal.notify();
    signal.notify();
    await signal.wait();
    const second = signal.wait(5).then(() => 'timed out');
    expect(await second).toBe('timed out');
  });

  it('wakes whoever waits', async () => {
    const signal = new Signal(new SystemClock());
    const waiting = signal.wait(60_000).then(() => 'woken');
    signal.notify();
    expect(await waiting).toBe('woken');
  });
});
