import { SluiceError } from '@sluice/contracts';
import { JobIds, type JobQueue, type Lease, type LeasedJob, type NewJob, type QueueSettings } from '@sluice/job-queue';
import { seededRandom } from '@sluice/onnx-writer';

/** What every adapter of the queue does, in simulation and on Redis alike. */
export interface JobQueueFixture {
  readonly queue: JobQueue;
  readonly settings: QueueSettings;
  /** Lets time go by, on the queue's own clock. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export const CONFORMANCE_SETTINGS: QueueSettings = {
  leaseMs: 400,
  maxPayloadBytes: 1_000_000,
  maxResultBytes: 1_000_000,
  maxWaiting: 50,
  keepResultsMs: 1_000,
};

const Q = 'inference.conformance.1';
const alive = async () => ({ alive: true, running: [] });
const dead =
  (...running: string[]) =>
  async () => ({ alive: false, running });

export function describeJobQueue(name: string, open: () => Promise<JobQueueFixture>): void {
  describe(`${name} is a job queue`, () => {
    let fixture: JobQueueFixture;
    let queue: JobQueue;
    let ids: JobIds;

    beforeEach(async () => {
      fixture = await open();
      queue = fixture.queue;
      ids = new JobIds(() => queue.now(), seededRandom(1));
    });
    afterEach(() => fixture.close());

    const job = (spec: Partial<NewJob> = {}): NewJob => ({
      id: ids.next(),
      label: { model: 'conformance', rows: 1 },
      replyTo: 'api-1',
      priority: 5,
      expiresAt: queue.now() + 60_000,
      payload: Buffer.from('payload'),
      ...spec,
    });
    const enqueue = async (count: number, spec: Partial<NewJob> = {}) => {
      const jobs = Array.from({ length: count }, () => job(spec));
      await queue.enqueue(Q, jobs);
      return jobs.map(({ id }) => id);
    };
    const lease = async (holder: string, max: number) => (await queue.lease(Q, { holder, max })).jobs;
    const leaseOne = async (holder: string) => {
      const [only] = await lease(holder, 1);
      if (!only) throw new Error('nothing to lease');
      return only;
    };
    const complete = (held: LeasedJob | { lease: Lease }, result = 'result') =>
      queue
        .settle([{ lease: held.lease, outcome: { ok: true, result: Buffer.from(result) } }])
        .then(([outcome]) => outcome);
    const idsOf = (jobs: readonly LeasedJob[]) => jobs.map(({ lease: { jobId } }) => jobId);
    const resultOf = async (id: string) => {
      const [status] = await queue.inspect(Q, [id]);
      if (status?.state !== 'ended') return status?.state;
      return status.outcome.ok ? Buffer.from(status.outcome.result).toString() : status.outcome.error.code;
    };

    describe('lease', () => {
      it('hands out jobs by priority, then arrival, and never more than asked for', async () => {
        const later = await enqueue(3, { priority: 9 });
        const sooner = await enqueue(2, { priority: 1 });
        expect(idsOf(await lease('a', 3))).toEqual([...sooner, later[0]]);
        expect(idsOf(await lease('a', 10))).toEqual(later.slice(1));
        expect(await lease('a', 10)).toEqual([]);
      });

      it.each([0, 1, 4_000, 200_000])('carries a payload of %i bytes unchanged', async (size) => {
        const payload = Uint8Array.from({ length: size }, (_, index) => index * 7);
        const sent = job({ payload, replyTo: 'api-7' });
        await queue.enqueue(Q, [sent]);
        const held = await leaseOne('a');
        expect(Buffer.from(held.payload).equals(payload)).toBe(true);
        expect(held).toMatchObject({ replyTo: 'api-7', priority: 5, expiresAt: sent.expiresAt });
        expect(held.lease).toMatchObject({ queue: Q, jobId: sent.id, holder: 'a', attempt: 1 });
      });

      it('gives every call a token of its own', async () => {
        await enqueue(4);
        const [first, second] = [await lease('a', 2), await lease('a', 2)];
        const tokens = [...first, ...second].map(({ lease: { token } }) => token);
        expect(tokens[0]).toBe(tokens[1]);
        expect(new Set(tokens).size).toBe(2);
      });

      it('gives a job to one holder only, however many ask at once', async () => {
        const all = await enqueue(40);
        const taken = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => lease(holder, 20)));
        expect(taken.flatMap(idsOf).toSorted()).toEqual(all.toSorted());
      });
    });

    describe('settle', () => {
      it.each([0, 10, 100_000])('keeps a result of %i bytes', async (size) => {
        await enqueue(1);
        const held = await leaseOne('a');
        expect(await complete(held, 'x'.repeat(size))).toBe('settled');
        expect(await resultOf(held.lease.jobId)).toBe('x'.repeat(size));
        expect(await queue.counts(Q)).toMatchObject({ waiting: 0, active: 0, completed: 1, failed: 0 });
      });

      it('ends each job by itself: an error beside results', async () => {
        await enqueue(3);
        const held = await lease('a', 3);
        const error = { code: 'inference_failed', message: 'divide: by zero' } as const;
        const outcomes = await queue.settle(
          held.map(({ lease: mine }, index) => ({
            lease: mine,
            outcome: index === 1 ? { ok: false, error } : { ok: true, result: Buffer.from('fine') },
          })),
        );
        expect(outcomes).toEqual(['settled', 'settled', 'settled']);
        const states = await queue.inspect(Q, idsOf(held));
        expect(states[1]).toEqual({ state: 'ended', outcome: { ok: false, error } });
        expect(states[0]).toMatchObject({ state: 'ended', outcome: { ok: true } });
      });

      it('forgets a result after its time', async () => {
        await enqueue(2);
        const first = await leaseOne('a');
        await complete(first);
        await fixture.pass(fixture.settings.keepResultsMs + 50);
        const second = await leaseOne('a');
        await complete(second);
        expect(await resultOf(first.lease.jobId)).toBe('gone');
        expect(await resultOf(second.lease.jobId)).toBe('result');
      });
    });

    describe('a lease that was lost', () => {
      const loseTo = async (next: string) => {
        const [id] = await enqueue(1);
        const old = await leaseOne('old');
        await fixture.pass(fixture.settings.leaseMs + 50);
        const swept = await queue.sweep(Q, alive);
        expect(swept).toEqual([{ jobId: id, holder: 'old', reason: 'lease-lapsed', death: 'none' }]);
        return { old, fresh: await leaseOne(next) };
      };

      it('cannot settle: the next holder does', async () => {
        const { old, fresh } = await loseTo('new');
        expect(await complete(old, 'late')).toBe('lost');
        expect(await complete(fresh, 'right')).toBe('settled');
        expect(await complete(old, 'later')).toBe('lost');
        expect(await resultOf(fresh.lease.jobId)).toBe('right');
      });

      it('cannot settle after its holder took the job again', async () => {
        const { old, fresh } = await loseTo('old');
        expect(fresh.lease.attempt).toBe(2);
        expect(await complete(old, 'late')).toBe('lost');
        expect(await complete(fresh, 'right')).toBe('settled');
        expect(await complete(old, 'later')).toBe('lost');
        expect(await resultOf(fresh.lease.jobId)).toBe('right');
      });

      it('cannot be extended or released', async () => {
        const { old, fresh } = await loseTo('new');
        expect(await queue.extend([old.lease, fresh.lease])).toEqual([old.lease]);
        await queue.release([old.lease]);
        expect(await lease('third', 1)).toEqual([]);
        expect(await complete(fresh)).toBe('settled');
      });

      it('cannot settle even when nobody swept', async () => {
        await enqueue(1);
        const held = await leaseOne('a');
        await fixture.pass(fixture.settings.leaseMs + 50);
        expect(await complete(held)).toBe('lost');
        expect(await queue.extend([held.lease])).toEqual([held.lease]);
      });
    });

    it('extend holds on to a lease beyond its time', async () => {
      await enqueue(1);
      const held = await leaseOne('a');
      for (let round = 0; round < 3; round++) {
        await fixture.pass(fixture.settings.leaseMs * 0.6);
        expect(await queue.extend([held.lease])).toEqual([]);
      }
      expect(await queue.sweep(Q, alive)).toEqual([]);
      expect(await complete(held)).toBe('settled');
    });

    describe('release', () => {
      it('puts jobs back where they were, ahead of what came after them', async () => {
        const all = await enqueue(6);
        const held = await lease('a', 4);
        // The order in which they are given back does not matter.
        await queue.release([held[2]!, held[0]!, held[3]!, held[1]!].map(({ lease: mine }) => mine));
        expect(idsOf(await lease('b', 6))).toEqual(all);
      });

      it('does not count as a death, and the giver may take the job again', async () => {
        await enqueue(1);
        const held = await leaseOne('a');
        await queue.release([held.lease]);
        const again = await leaseOne('a');
        expect(again.deaths).toEqual({ inCompany: 0, alone: 0 });
        expect(await complete(held, 'late')).toBe('lost');
        expect(await complete(again)).toBe('settled');
      });
    });

    describe('sent again', () => {
      it('enqueue adds nothing, also when the job has been leased or has ended', async () => {
        const one = job();
        await queue.enqueue(Q, [one]);
        await queue.enqueue(Q, [one]);
        const held = await leaseOne('a');
        await queue.enqueue(Q, [one]);
        expect(await lease('a', 5)).toEqual([]);
        await complete(held, 'first');
        await queue.enqueue(Q, [one]);
        expect(await lease('a', 5)).toEqual([]);
        expect(await resultOf(one.id)).toBe('first');
      });

      it('lease: jobs whose lease was never answered come back when it lapses', async () => {
        const all = await enqueue(4);
        await lease('a', 2);
        const answered = await lease('a', 2);
        await fixture.pass(fixture.settings.leaseMs * 0.6);
        await queue.extend(answered.map(({ lease: mine }) => mine));
        await fixture.pass(fixture.settings.leaseMs * 0.6);
        await queue.sweep(Q, alive);
        expect(idsOf(await lease('a', 4))).toEqual(all.slice(0, 2));
      });

      it('settle answers the same, and the first result stands', async () => {
        await enqueue(1);
        const held = await leaseOne('a');
        expect(await complete(held, 'first')).toBe('settled');
        expect(await complete(held, 'second')).toBe('settled');
        expect(await resultOf(held.lease.jobId)).toBe('first');
        // A lease is data: whoever knows it by value may repeat the call.
        expect(await complete({ lease: { ...held.lease } }, 'third')).toBe('settled');
        expect((await queue.counts(Q)).completed).toBe(1);
      });

      it('release takes a job from nobody', async () => {
        const [id] = await enqueue(1);
        const held = await leaseOne('a');
        await queue.release([held.lease]);
        await queue.release([held.lease]);
        const next = await lease('b', 5);
        expect(idsOf(next)).toEqual([id]);
        await queue.release([held.lease]);
        expect(await complete(next[0]!)).toBe('settled');
      });

      it('extend, sweep and cancel change nothing more', async () => {
        const [first, second] = await enqueue(2);
        const held = await leaseOne('a');
        expect(await queue.extend([held.lease])).toEqual([]);
        expect(await queue.extend([held.lease])).toEqual([]);
        expect(await queue.sweep(Q, dead(first!))).toHaveLength(1);
        expect(await queue.sweep(Q, dead(first!))).toEqual([]);
        expect(await queue.cancel(Q, [second!])).toEqual(['cancelled']);
        expect(await queue.cancel(Q, [second!])).toEqual(['ended']);
        expect(idsOf(await lease('b', 5))).toEqual([first]);
      });
    });

    describe('expiry', () => {
      it('drops what expired while it waited, says so, and hands out the rest', async () => {
        const [late] = await enqueue(1, { expiresAt: queue.now() + 100, replyTo: 'api-3' });
        const [fine] = await enqueue(1);
        await fixture.pass(150);
        const { jobs, dropped } = await queue.lease(Q, { holder: 'a', max: 5 });
        expect(idsOf(jobs)).toEqual([fine]);
        expect(dropped).toMatchObject([{ jobId: late, replyTo: 'api-3', error: { code: 'deadline_exceeded' } }]);
        expect(await resultOf(late!)).toBe('deadline_exceeded');
      });
    });

    describe('sweep', () => {
      it('leaves alone what a living worker holds', async () => {
        await enqueue(2);
        const held = await lease('a', 2);
        expect(await queue.sweep(Q, alive)).toEqual([]);
        expect(await complete(held[0]!)).toBe('settled');
      });

      it('returns the jobs of a dead worker to their places, without waiting for the lease', async () => {
        const all = await enqueue(5);
        await lease('victim', 3);
        const swept = await queue.sweep(Q, dead());
        expect(swept.map(({ jobId }) => jobId).toSorted()).toEqual(all.slice(0, 3));
        expect(swept.every(({ reason, death }) => reason === 'holder-gone' && death === 'none')).toBe(true);
        expect(idsOf(await lease('b', 5))).toEqual(all);
      });

      it('tells those who were in the run from bystanders, and a run alone from a run in company', async () => {
        const [first, second, bystander] = await enqueue(3);
        await lease('victim', 3);
        await queue.sweep(Q, dead(first!, second!));
        const again = await lease('victim', 3);
        expect(again.map(({ deaths }) => deaths)).toEqual([
          { inCompany: 1, alone: 0 },
          { inCompany: 1, alone: 0 },
          { inCompany: 0, alone: 0 },
        ]);
        expect(again[2]?.lease.jobId).toBe(bystander);
        await queue.sweep(Q, dead(first!));
        const [once] = await lease('victim', 1);
        expect(once).toMatchObject({ lease: { jobId: first, attempt: 3 }, deaths: { inCompany: 1, alone: 1 } });
      });

      it('by several at once returns a job once and counts a death once', async () => {
        const all = await enqueue(10);
        await lease('victim', 10);
        const sweeps = await Promise.all([1, 2, 3].map(() => queue.sweep(Q, dead(all[0]!))));
        expect(
          sweeps
            .flat()
            .map(({ jobId }) => jobId)
            .toSorted(),
        ).toEqual(all);
        const again = await lease('b', 20);
        expect(idsOf(again)).toEqual(all);
        expect(again[0]?.deaths).toEqual({ inCompany: 0, alone: 1 });
      });
    });

    it('cancel removes what waits, and says what it cannot remove', async () => {
      const [running, waiting, ended] = await enqueue(3, { payload: Buffer.alloc(10_000) });
      const held = await lease('a', 3);
      await queue.release([held[1]!.lease]);
      await complete(held[2]!);
      const all = [running!, waiting!, ended!, 'unknown'];
      expect(await queue.cancel(Q, all)).toEqual(['started', 'cancelled', 'ended', 'ended']);
      expect((await queue.inspect(Q, all)).map(({ state }) => state)).toEqual(['active', 'gone', 'ended', 'gone']);
      expect(await lease('b', 5)).toEqual([]);
    });

    describe('limits', () => {
      const refusal = (jobs: readonly NewJob[]) =>
        queue.enqueue(Q, jobs).then(
          () => 'accepted',
          (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
        );

      it('refuses a payload that is too large, and everything that came with it', async () => {
        const large = job({ payload: Buffer.alloc(fixture.settings.maxPayloadBytes + 1) });
        expect(await refusal([job(), large])).toBe('payload_too_large');
        expect((await queue.counts(Q)).waiting).toBe(0);
      });

      it('refuses what does not fit into the queue, whole, and takes it once there is room', async () => {
        await enqueue(fixture.settings.maxWaiting - 1);
        expect(await refusal([job(), job()])).toBe('queue_full');
        expect((await queue.counts(Q)).waiting).toBe(fixture.settings.maxWaiting - 1);
        expect(await refusal([job()])).toBe('accepted');
        expect(await refusal([job()])).toBe('queue_full');
        await lease('a', 1);
        expect(await refusal([job()])).toBe('accepted');
      });

      it('ends a job whose result is too large with an error', async () => {
        await enqueue(1);
        const held = await leaseOne('a');
        expect(await complete(held, 'x'.repeat(fixture.settings.maxResultBytes + 1))).toBe('settled');
        expect(await resultOf(held.lease.jobId)).toBe('inference_failed');
      });
    });

    describe('waitForWork', () => {
      const settled = async (waiting: Promise<void>) => {
        const result = await Promise.race([waiting.then(() => 'woken'), fixture.pass(300).then(() => 'asleep')]);
        return result;
      };

      it('wakes when a job arrives in one of the queues', async () => {
        const waiting = queue.waitForWork(['inference.other.1', Q], 5_000);
        await enqueue(1);
        expect(await settled(waiting)).toBe('woken');
      });

      it('wakes when a job comes back', async () => {
        await enqueue(1);
        const held = await leaseOne('a');
        // What is left of the wake-up for the first arrival.
        await queue.waitForWork([Q], 50);
        const waiting = queue.waitForWork([Q], 5_000);
        await queue.release([held.lease]);
        expect(await settled(waiting)).toBe('woken');
      });

      it('ends at its time, and when aborted', async () => {
        await queue.waitForWork([Q], 50);
        const abort = new AbortController();
        const waiting = queue.waitForWork([Q], 5_000, abort.signal);
        abort.abort();
        expect(await settled(waiting)).toBe('woken');
      });
    });

    it.each([11, 12, 13])('under a random history (seed %i) every job ends once, for one holder', async (seed) => {
      const random = seededRandom(seed);
      const pick = (count: number) => Math.floor(random() * count);
      const settledBy = new Map<string, number>();
      const held: LeasedJob[] = [];
      const all: string[] = [];
      const settleSome = async (jobs: readonly LeasedJob[]) => {
        const outcomes = await queue.settle(
          jobs.map(({ lease: mine }) => ({ lease: mine, outcome: { ok: true, result: Buffer.from(mine.token) } })),
        );
        jobs.forEach(({ lease: { jobId } }, index) => {
          if (outcomes[index] === 'settled') settledBy.set(jobId, (settledBy.get(jobId) ?? 0) + 1);
        });
      };
      for (let step = 0; step < 80; step++) {
        const some = () => held.splice(0, 1 + pick(4));
        const steps = [
          async () => all.push(...(await enqueue(1 + pick(3), { priority: 1 + pick(2) }))),
          async () => held.push(...(await lease(`w${pick(3)}`, 1 + pick(5)))),
          async () => settleSome(some()),
          async () => queue.release(some().map(({ lease: mine }) => mine)),
          async () => void some(), // forgotten, as by a crash
          async () => queue.sweep(Q, async (holder) => ({ alive: holder !== 'w2', running: [] })),
          async () => fixture.pass(30),
        ];
        await steps[pick(steps.length)]!();
        if (all.length > 40) break;
      }
      await fixture.pass(fixture.settings.leaseMs + 50);
      await queue.sweep(Q, alive);
      await settleSome(held); // late: everything was swept
      for (let jobs = await lease('last', 50); jobs.length > 0; jobs = await lease('last', 50)) await settleSome(jobs);
      expect([...settledBy.keys()].toSorted()).toEqual(all.toSorted());
      expect([...settledBy.values()].every((times) => times === 1)).toBe(true);
      expect(await queue.counts(Q)).toMatchObject({ waiting: 0, active: 0 });
    });
  });
}
