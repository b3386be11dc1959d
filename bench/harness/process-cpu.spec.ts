import { cpuUse, readCpu } from './process-cpu.js';

describe('cpuUse', () => {
  const before = { at: 0, byProcess: { api: 1, client: 2 }, machine: 10 };

  it('divides what each process used among the requests, and leaves the rest to others', () => {
    const after = { at: 2000, byProcess: { api: 1.5, client: 2.1 }, machine: 11.6 };
    const use = cpuUse(before, after, 1000);
    expect(use?.msPerRequest['api']).toBeCloseTo(0.5);
    expect(use?.msPerRequest['client']).toBeCloseTo(0.1);
    expect(use?.othersCores).toBeCloseTo(0.5);
  });

  it('knows nothing where the system told nothing', () => {
    expect(cpuUse(undefined, undefined, 1)).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux')('readCpu', () => {
  it('reads of another process what this one knows of itself', () => {
    const end = performance.now() + 100;
    while (performance.now() < end);
    const reading = readCpu({ self: [process.pid], both: [process.pid, process.pid] });
    const { self = 0, both = 0, client = 0 } = reading?.byProcess ?? {};
    expect(self).toBeGreaterThanOrEqual(0.1);
    expect(Math.abs(self - client)).toBeLessThan(0.05);
    expect(both).toBeCloseTo(2 * self, 1);
    expect(reading?.machine).toBeGreaterThanOrEqual(self);
  });

  it('fails for a process that is gone', () => {
    expect(() => readCpu({ gone: [2 ** 30] })).toThrow('ENOENT');
  });
});
