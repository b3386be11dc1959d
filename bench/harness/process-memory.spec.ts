import { readRss } from './process-memory.js';

describe('readRss', () => {
  it('reads of a process what it knows of itself', async () => {
    const [bytes = 0] = await readRss([process.pid]);
    // Two looks at a process that does little in between.
    expect(Math.abs(bytes - process.memoryUsage.rss())).toBeLessThan(20e6);
  });

  it('fails for a process that is gone', async () => {
    await expect(readRss([2 ** 30])).rejects.toThrow();
  });
});
