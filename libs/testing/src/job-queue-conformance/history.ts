import type { LeasedJob } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';
import { alive, Q, type QueueUnderTest } from './queue-under-test.js';

/** Everything at once, at random. */
export function describeHistory(at: () => QueueUnderTest): void {
  it.each([11, 12, 13])('under a random history (seed %i) every job ends once, for one holder', async (seed) => {
    const random = seededRandom(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const settledBy = new Map<string, number>();
    const held: LeasedJob[] = [];
    const all: string[] = [];
    const settleSome = async (jobs: readonly LeasedJob[]) => {
      const outcomes = await at().queue.settle(
        jobs.map(({ lease: mine }) => ({ lease: mine, outcome: { ok: true, result: Buffer.from(mine.token) } })),
      );
      jobs.forEach(({ lease: { jobId } }, index) => {
        if (outcomes[index] === 'settled') settledBy.set(jobId, (settledBy.get(jobId) ?? 0) + 1);
      });
    };
    for (let step = 0; step < 80; step++) {
      const some = () => held.splice(0, 1 + pick(4));
      const steps = [
        async () => all.push(...(await at().enqueue(1 + pick(3), { priority: 1 + pick(2) }))),
        async () => held.push(...(await at().lease(`w${pick(3)}`, 1 + pick(5)))),
        async () => settleSome(some()),
        async () => at().queue.release(some().map(({ lease: mine }) => mine)),
        async () => void some(), // forgotten, as by a crash
        async () => at().queue.sweep(Q, async (holder) => ({ alive: holder !== 'w2', running: [] })),
        async () => at().pass(30),
      ];
      await steps[pick(steps.length)]!();
      if (all.length > 40) break;
    }
    await at().pass(at().settings.leaseMs + 50);
    await at().queue.sweep(Q, alive);
    await settleSome(held); // late: everything was swept
    for (let jobs = await at().lease('last', 50); jobs.length > 0; jobs = await at().lease('last', 50))
      await settleSome(jobs);
    expect([...settledBy.keys()].toSorted()).toEqual(all.toSorted());
    expect([...settledBy.values()].every((times) => times === 1)).toBe(true);
    expect(await at().queue.counts(Q)).toMatchObject({ waiting: 0, active: 0 });
  });
}
