import { isBudgetMessage, type BudgetAnswer } from './budget-messages.js';
import { OwnBudgets } from './budgets.js';

/** A process of the API, as the first one sees it; Node's `Worker` is one. */
export interface AskingProcess {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
  isConnected(): boolean;
  send(message: BudgetAnswer): unknown;
}

/** In the first process of an API: counts what callers use in all of them. What a process that died had let in has left. */
export class BudgetKeeper {
  private readonly budgets = new OwnBudgets();

  serve(asking: AskingProcess): void {
    const inside = new Map<string, { requests: number; bytes: number }>();
    const count = (caller: string, requests: number, bytes: number) => {
      const held = inside.get(caller) ?? { requests: 0, bytes: 0 };
      inside.set(caller, { requests: held.requests + requests, bytes: held.bytes + bytes });
    };
    asking.on('message', (message) => {
      if (!isBudgetMessage(message)) return;
      if (message.budget === 'leave') {
        this.budgets.leave(message.caller, message.bytes);
        count(message.caller, -1, -message.bytes);
        return;
      }
      const { budget, id, use } = message;
      const over = this.budgets[budget](use);
      if (!over) count(use.caller, budget === 'enter' ? 1 : 0, use.bytes);
      if (asking.isConnected()) asking.send({ budgetId: id, over });
    });
    asking.once('exit', () => {
      for (const [caller, { requests, bytes }] of inside)
        for (let left = requests; left > 0; left--) this.budgets.leave(caller, left === 1 ? bytes : 0);
    });
  }
}
