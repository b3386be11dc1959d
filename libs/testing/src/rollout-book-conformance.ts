import { SluiceError, type Rollout } from '@sluice/contracts';
import { ROLLOUTS_KEPT, type RolloutBook } from '@sluice/model-registry';
import { rollout } from './rollout-samples.js';

export interface RolloutBookFixture {
  /** Another member of the same cluster, as a process of its own would be. */
  member(): Promise<RolloutBook>;
  /** Lets time go by until a promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** One of which everything is known that can be. */
const FULL = rollout('full', {
  phase: 'roll-back',
  paused: true,
  asked: 'roll-back',
  strategy: {
    ...rollout('any').strategy,
    golden: { digest: 'sha256:abc', absolute: 1e-6, relative: 0.001, maxWrong: 0.05 },
  },
  stages: {
    verify: {
      attempt: 2,
      jobId: 'full-verify-2',
      notBefore: 5.5,
      seen: true,
      result: { kind: 'verify', files: 2, bytes: 12_345_678_901 },
    },
    sandbox: {
      attempt: 1,
      jobId: 'full-sandbox-1',
      notBefore: 0,
      result: {
        kind: 'sandbox',
        signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 784] }], outputs: [] },
        openMs: 12.25,
        peakBytes: 1e9,
      },
    },
    golden: {
      attempt: 1,
      jobId: 'full-golden-1',
      notBefore: 0,
      result: { kind: 'golden', items: 20, wrong: 1, examples: ['expected 0.1 "ü", got NaN'] },
    },
  },
  canaryStep: 2,
  proposedAfter: 3,
  progress: { mark: 'w1 load 40 %', at: 1_700_000_000_000.25 },
  workers: ['worker-1', 'worker-3'],
  absent: ['worker-3'],
  fault: { phase: 'golden', reason: '1 of 20 items was wrong' },
  events: [{ at: 1_700_000_000_000.5, phase: 'verify', message: 'begins' }],
});

export function describeRolloutBook(name: string, open: () => Promise<RolloutBookFixture>): void {
  describe(`${name} is a rollout book`, () => {
    let fixture: RolloutBookFixture;
    let book: RolloutBook;
    beforeEach(async () => {
      fixture = await open();
      book = await fixture.member();
    });
    afterEach(() => fixture.close());

    const ended = (seen: Rollout) => book.change(seen, { ...seen, phase: 'promoted', endedAt: 5 });

    it('knows nothing at first', async () => {
      expect(await book.get('a')).toBeUndefined();
      expect(await book.list('m')).toEqual([]);
      expect(await book.active()).toEqual([]);
    });

    it('keeps all that is known about a rollout, also when the writer is gone', async () => {
      expect(await book.create(FULL)).toEqual(FULL);
      const other = await fixture.member();
      await book.stop();
      expect(await other.get('full')).toEqual(FULL);
      expect(await other.list('m')).toEqual([FULL]);
      expect(await other.active()).toEqual([FULL]);
    });

    it('refuses a second rollout of a model that has one, and says which', async () => {
      const first = await book.create(rollout('a', { phase: 'golden' }));
      await expect((await fixture.member()).create(rollout('b'))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/of m to version 2, a, is under way \(golden\): wait for its end, or promote/),
      });
      expect(await book.list('m')).toEqual([first]);
      expect(await book.get('b')).toBeUndefined();
    });

    it('of many that begin at once takes one', async () => {
      const members = await Promise.all(Array.from({ length: 4 }, () => fixture.member()));
      const begun = await Promise.allSettled(members.map((member, index) => member.create(rollout(`r-${index}`))));
      const taken = begun.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(taken).toHaveLength(1);
      expect(await book.active()).toEqual(taken);
    });

    it('takes rollouts of several models, and the next of one that has ended', async () => {
      const first = await book.create(rollout('a'));
      const other = await book.create(rollout('n', { model: 'n' }));
      const end = await ended(first);
      expect(await book.active()).toEqual([other]);
      const next = await book.create(rollout('b', { version: '3' }));
      expect(await book.list('m')).toEqual([next, end]);
      expect(await book.list('m', 1)).toEqual([next]);
      expect(await book.list('m', 0)).toEqual([]);
      expect((await book.active()).map(({ id }) => id).toSorted()).toEqual(['b', 'n']);
    });

    it('enters a rollout that is sent again once, whatever became of it', async () => {
      const first = await book.create(rollout('a'));
      expect(await book.create(rollout('a'))).toEqual(first);
      const end = await ended(first);
      await book.create(rollout('a'));
      expect(await book.list('m')).toEqual([end]);
      expect(await book.active()).toEqual([]);
    });

    it('numbers the changes', async () => {
      const first = await book.create(rollout('a'));
      const second = await book.change(first, { ...first, phase: 'sandbox', revision: 77 });
      expect(second).toEqual({ ...first, phase: 'sandbox', revision: first.revision + 1 });
      expect(await book.get('a')).toEqual(second);
    });

    it('refuses a change that was decided on an earlier revision, and changes nothing', async () => {
      const first = await book.create(rollout('a'));
      const second = await book.change(first, { ...first, phase: 'sandbox' });
      const late = (await fixture.member()).change(first, { ...first, paused: true });
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/a of m was changed since: it was at revision 1 and is at 2 \(sandbox\)\. Read/),
      });
      expect(await book.get('a')).toEqual(second);
    });

    it('refuses to change what is not there', async () => {
      await expect(book.change(rollout('a'), rollout('a'))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('is gone'),
      });
      expect(await book.active()).toEqual([]);
    });

    it('makes a change that is sent again once', async () => {
      const first = await book.create(rollout('a'));
      const twice = () => book.change(first, { ...first, phase: 'sandbox' });
      const second = await twice();
      expect(await twice()).toEqual(second);
      const third = await book.change(second, { ...second, paused: true });
      await expect(twice()).rejects.toMatchObject({ code: 'conflict' });
      expect(await book.get('a')).toEqual(third);
    });

    it('bounds what it keeps', async () => {
      for (let count = 0; count < ROLLOUTS_KEPT + 3; count++) await ended(await book.create(rollout(`r-${count}`)));
      const kept = await book.list('m');
      expect(kept).toHaveLength(ROLLOUTS_KEPT);
      expect(kept[0]!.id).toBe(`r-${ROLLOUTS_KEPT + 2}`);
      expect(kept.at(-1)!.id).toBe('r-3');
      expect(await book.get('r-2')).toBeUndefined();
      expect(await book.list('n')).toEqual([]);
    });

    it('of many that change a rollout at once loses no change', async () => {
      const members = await Promise.all(Array.from({ length: 4 }, () => fixture.member()));
      await book.create(rollout('a'));
      await Promise.all(
        members.map(async (member, index) => {
          for (let count = 0; count < 10;) {
            const seen = (await member.get('a'))!;
            try {
              await member.change(seen, { ...seen, absent: [...seen.absent, `${index}-${count}`] });
              count++;
            } catch (error) {
              if (!(error instanceof SluiceError) || error.code !== 'conflict') throw error;
            }
          }
        }),
      );
      const last = (await book.get('a'))!;
      expect(new Set(last.absent).size).toBe(40);
      expect(last).toMatchObject({ revision: 41, absent: { length: 40 } });
    });

    it('tells those who watch what is under way, and every state that lasts, never going back', async () => {
      const first = await book.create(rollout('a'));
      const watcher = await fixture.member();
      const told: (readonly Rollout[])[] = [];
      let arrived = () => {};
      await watcher.watch((active) => {
        told.push(active);
        arrived();
      });
      const until = async (isThere: () => boolean) => {
        while (!isThere()) await fixture.settled(new Promise<void>((resolve) => (arrived = resolve)));
      };
      expect(told).toEqual([[first]]);
      let state = first;
      for (const phase of ['sandbox', 'signature', 'load'] as const)
        state = await book.change(state, { ...state, phase });
      await until(() => told.at(-1)![0]?.revision === 4);
      expect(told.at(-1)).toEqual([state]);
      const revisions = told.map((active) => active[0]!.revision);
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      await ended(state);
      await until(() => told.at(-1)!.length === 0);
      const next = await book.create(rollout('b'));
      await until(() => told.at(-1)!.length === 1);
      expect(told.at(-1)).toEqual([next]);
    });

    it('stops twice, and without a start', async () => {
      const member = await fixture.member();
      await member.stop();
      await member.stop();
    });
  });
}
