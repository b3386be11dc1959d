import { evenWorkers } from './even-workers.js';

describe('evenWorkers', () => {
  it('share the cores', () => {
    const { workers, report } = evenWorkers(2, 9);
    expect(workers).toMatchObject([
      { name: 'worker-1', threads: 4 },
      { name: 'worker-2', threads: 4 },
    ]);
    expect(report).toContain('2 workers with 4 threads each');
  });

  it('have one thread at least', () => {
    const { workers } = evenWorkers(16, 8);
    expect(workers).toHaveLength(16);
    expect(workers.every(({ threads }) => threads === 1)).toBe(true);
  });
});
