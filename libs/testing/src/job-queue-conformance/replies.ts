import type { JobQueue, LeasedJob, Outcome, Reply } from '@sluice/job-queue';
import { alive, idsOf, Q, type QueueUnderTest } from './queue-under-test.js';

/** One who waits for answers, and what has come. */
class Inbox {
  /** The replies of each call of its handler. */
  readonly messages: (readonly Reply[])[] = [];
  private onMessage = () => {};

  static async at(queue: JobQueue, replyTo: string): Promise<Inbox> {
    const inbox = new Inbox();
    const hear = (replies: readonly Reply[]) => {
      inbox.messages.push(replies);
      inbox.onMessage();
    };
    await queue.listenForReplies(replyTo, hear, () => expect.unreachable('nothing was interrupted'));
    return inbox;
  }

  /** By job, each as text: its result, or the code of its error. */
  get texts(): [jobId: string, text: string][] {
    return this.messages.flat().map(({ jobId, outcome }) => [jobId, textOf(outcome)]);
  }

  /** Resolves when so many replies are here. */
  async holds(count: number): Promise<void> {
    while (this.messages.flat().length < count) await new Promise<void>((resolve) => (this.onMessage = resolve));
  }
}

function textOf(outcome: Outcome): string {
  return outcome.ok ? Buffer.from(outcome.result).toString('latin1') : outcome.error.code;
}

/** Answers on their way to whoever waits. */
export function describeReplies(at: () => QueueUnderTest): void {
  const settle = (held: readonly LeasedJob[], outcomes: readonly Outcome[]) =>
    at().queue.settle(held.flatMap(({ lease }, index) => ({ lease, outcome: outcomes[index]! })));
  const result = (bytes: number): Outcome => ({ ok: true, result: Buffer.alloc(bytes, 7) });
  /** Two API processes. */
  const twoInboxes = async () => {
    const processes = [await at().beside(), await at().beside()] as const;
    return [await Inbox.at(processes[0], 'api-1'), await Inbox.at(processes[1], 'api-2')] as const;
  };

  describe('replies', () => {
    it('settle answers those who wait: results of any size, and errors, unchanged', async () => {
      const [inbox] = await twoInboxes();
      const error = { code: 'inference_failed', message: 'divide: by zero\nü' } as const;
      const outcomes: Outcome[] = [
        { ok: true, result: Uint8Array.from({ length: 256 }, (_, index) => index) },
        { ok: false, error },
        result(0),
        result(5_000),
        result(200_000),
      ];
      await at().enqueue(outcomes.length);
      const held = await at().lease('a', outcomes.length);
      await settle(held, outcomes);
      await at().settled(inbox.holds(outcomes.length));
      const replies = new Map(inbox.messages.flat().map(({ jobId, outcome }) => [jobId, outcome]));
      for (const [index, id] of idsOf(held).entries()) {
        const [sent, got] = [outcomes[index]!, replies.get(id)!];
        if (sent.ok) expect(got.ok && Buffer.from(got.result).equals(sent.result)).toBe(true);
        else expect(got).toEqual(sent);
      }
    });

    it('each process hears of its own jobs, of those of one call together; of a job without an address nobody does', async () => {
      const [one, two] = await twoInboxes();
      const [first] = await at().enqueue(1, { replyTo: 'api-1' });
      const [second] = await at().enqueue(1, { replyTo: 'api-2' });
      await at().enqueue(1, { replyTo: '' });
      const [third] = await at().enqueue(1, { replyTo: 'api-1' });
      const held = await at().lease('a', 4);
      expect(await settle(held, [result(1), result(2), result(3), result(4)])).toEqual(Array(4).fill('settled'));
      await at().settled(Promise.all([one.holds(2), two.holds(1)]));
      expect(one.messages.map((replies) => replies.map(({ jobId }) => jobId).toSorted())).toEqual([[first, third]]);
      expect(two.texts).toEqual([[second, '\x07\x07']]);
    });

    it('a lease that was lost sends nothing, beside others that hold', async () => {
      const [inbox] = await twoInboxes();
      const [taken] = await at().enqueue(1);
      const old = await at().leaseOne('old');
      await at().pass(at().settings.leaseMs + 50);
      await at().queue.sweep(Q, alive);
      const [other] = await at().enqueue(1);
      const [fresh, beside] = [await at().leaseOne('new'), await at().leaseOne('new')];
      const late: Outcome = { ok: true, result: Buffer.from('late') };
      expect(await settle([old, beside], [late, result(1)])).toEqual(['lost', 'settled']);
      expect(await at().complete(fresh, 'right')).toBe('settled');
      expect(await settle([old], [late])).toEqual(['lost']);
      // What is sent later is heard later: by then the lost ones would have come.
      const last = (await at().run(1))[0];
      await at().settled(inbox.holds(3));
      expect(inbox.texts).toEqual([
        [other, '\x07'],
        [taken, 'right'],
        [last, 'result'],
      ]);
    });

    it('a job that is given back, or that lapses, sends nothing', async () => {
      const [inbox] = await twoInboxes();
      const [id] = await at().enqueue(1);
      await at().queue.release([(await at().leaseOne('a')).lease]);
      const lapsed = await at().leaseOne('a');
      await at().pass(at().settings.leaseMs + 50);
      expect(await at().complete(lapsed, 'late')).toBe('lost');
      await at().queue.sweep(Q, alive);
      await at().complete(await at().leaseOne('b'), 'right');
      await at().settled(inbox.holds(1));
      expect(inbox.texts).toEqual([[id, 'right']]);
    });

    it('what expired is answered by the lease that drops it', async () => {
      const [inbox] = await twoInboxes();
      const late = await at().enqueue(2, { expiresAt: at().queue.now() + 100 });
      await at().pass(150);
      const { dropped } = await at().queue.lease(Q, { holder: 'a', max: 5 });
      await at().settled(inbox.holds(2));
      const errors = new Map(dropped.map(({ jobId, error }) => [jobId, error]));
      expect([...errors.keys()].toSorted()).toEqual(late.toSorted());
      for (const { jobId, outcome } of inbox.messages.flat())
        expect(outcome).toEqual({ ok: false, error: errors.get(jobId) });
      expect(new Set(inbox.messages.flat().map(({ jobId }) => jobId)).size).toBe(2);
    });

    it('a settle that is sent again sends nothing but the same again', async () => {
      const [inbox] = await twoInboxes();
      await at().enqueue(2);
      const held = await at().lease('a', 2);
      const outcomes = [result(3), result(20_000)];
      expect(await settle(held, outcomes)).toEqual(['settled', 'settled']);
      expect(await settle(held, outcomes)).toEqual(['settled', 'settled']);
      const last = (await at().run(1))[0];
      while (!inbox.texts.some(([jobId]) => jobId === last)) {
        await at().settled(inbox.holds(inbox.texts.length + 1));
      }
      const sent = new Map(idsOf(held).map((id, index) => [id, textOf(outcomes[index]!)]));
      for (const [jobId, text] of inbox.texts) expect(text).toBe(sent.get(jobId) ?? 'result');
    });

    it('a reply says what is kept, also of a result that is too large', async () => {
      const [inbox] = await twoInboxes();
      const [id] = await at().enqueue(1);
      await at().complete(await at().leaseOne('a'), 'x'.repeat(at().settings.maxResultBytes + 1));
      await at().settled(inbox.holds(1));
      expect(inbox.texts).toEqual([[id, await at().resultOf(id!)]]);
    });

    it('a job ends though nobody hears of it', async () => {
      const [id] = await at().enqueue(1, { replyTo: 'nobody' });
      expect(await at().complete(await at().leaseOne('a'))).toBe('settled');
      expect(await at().resultOf(id!)).toBe('result');
    });
  });
}
