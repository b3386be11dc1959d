import { EventEmitter } from 'node:events';
import { BudgetKeeper, type AskingProcess } from './budget-keeper.js';
import { SharedBudgets } from './shared-budgets.js';

const UNLIMITED = { requestsPerSecond: Infinity, concurrency: Infinity, queuedBytes: Infinity };
const OVER_CONCURRENCY = { limit: 'concurrency', retryAfterMs: undefined };

/** Both ends of the channel between two processes, in one. */
class Channel extends EventEmitter implements AskingProcess {
  readonly budgets: SharedBudgets = new SharedBudgets((message) => void this.emit('message', message));

  isConnected(): boolean {
    return true;
  }

  send(message: unknown): void {
    this.budgets.receive(message);
  }
}

function processesOf(keeper: BudgetKeeper, count: number): Channel[] {
  return Array.from({ length: count }, () => {
    const channel = new Channel();
    keeper.serve(channel);
    return channel;
  });
}

const use = (limits: Partial<typeof UNLIMITED>, bytes = 0) => ({
  caller: 'shop',
  limits: { ...UNLIMITED, ...limits },
  bytes,
});

describe('budgets of several processes', () => {
  it('are one: what is used in one process, no other has', async () => {
    const [one, other] = processesOf(new BudgetKeeper(), 2);
    expect(await one?.budgets.enter(use({ concurrency: 2 }))).toBeUndefined();
    expect(await other?.budgets.enter(use({ concurrency: 2 }))).toBeUndefined();
    expect(await one?.budgets.enter(use({ concurrency: 2 }))).toEqual(OVER_CONCURRENCY);
    other?.budgets.leave('shop', 0);
    expect(await one?.budgets.enter(use({ concurrency: 2 }))).toBeUndefined();
  });

  it('count the bytes that became known later', async () => {
    const [one, other] = processesOf(new BudgetKeeper(), 2);
    await one?.budgets.enter(use({ queuedBytes: 100 }));
    expect(await one?.budgets.hold(use({ queuedBytes: 100 }, 90))).toBeUndefined();
    expect(await other?.budgets.enter(use({ queuedBytes: 100 }, 20))).toMatchObject({ limit: 'queuedBytes' });
    one?.budgets.leave('shop', 90);
    expect(await other?.budgets.enter(use({ queuedBytes: 100 }, 20))).toBeUndefined();
  });

  it('get back all that a process held when it dies, and no more', async () => {
    const [one, other] = processesOf(new BudgetKeeper(), 2);
    const limits = { concurrency: 3, queuedBytes: 100 };
    await one?.budgets.enter(use(limits, 40));
    await one?.budgets.enter(use(limits, 40));
    one?.budgets.leave('shop', 40);
    await one?.budgets.enter(use(limits, 30));
    await other?.budgets.enter(use(limits, 30));
    one?.emit('exit');
    expect(await other?.budgets.enter(use(limits, 71))).toMatchObject({ limit: 'queuedBytes' });
    expect(await other?.budgets.enter(use(limits, 70))).toBeUndefined();
    expect(await other?.budgets.enter(use(limits))).toBeUndefined();
    expect(await other?.budgets.enter(use(limits))).toEqual(OVER_CONCURRENCY);
  });
});
