import { once } from 'node:events';
import { EventLoopGap } from './event-loop-gap.js';

it('tells the longest that the event loop was blocked, once', async () => {
  const gap = new EventLoopGap();
  onTestFinished(() => gap.stop());
  gap.take();
  const until = performance.now() + 200;
  while (performance.now() < until);
  // Looked at meanwhile, or only now: it counts the same.
  await once(AbortSignal.timeout(30), 'abort');
  expect(gap.take()).toBeGreaterThan(150);
  expect(gap.take()).toBe(0);
});

it('takes no timer that comes in time for a gap', async () => {
  const gaps: number[] = [];
  const gap = new EventLoopGap();
  onTestFinished(() => gap.stop());
  for (let look = 0; look < 20; look++) {
    gap.take();
    await once(AbortSignal.timeout(50), 'abort');
    gaps.push(gap.take());
  }
  // However busy the machine is, it is not late every time.
  expect(Math.min(...gaps)).toBeLessThan(10);
});
