import type { OverBudget } from '@sluice/scheduling';
import { isBudgetAnswer, type BudgetMessage } from './budget-messages.js';
import { Budgets, type BudgetUse } from './budgets.js';

/**
 * Those of all processes of an API, counted by the first of them, which is asked: 0.1 ms for a caller with a limit. A part
 * of the limit for each process would be less work and wrong: a client with one connection meets one process, and would
 * have a part of what it may use.
 */
export class SharedBudgets extends Budgets {
  private readonly asked = new Map<number, (over: OverBudget | undefined) => void>();
  private last = 0;

  /** @param send to the first process */
  constructor(private readonly send: (message: BudgetMessage) => void) {
    super();
  }

  override enter(use: BudgetUse): Promise<OverBudget | undefined> {
    return this.ask('enter', use);
  }

  override hold(use: BudgetUse): Promise<OverBudget | undefined> {
    return this.ask('hold', use);
  }

  override leave(caller: string, bytes: number): void {
    this.send({ budget: 'leave', caller, bytes });
  }

  /** What comes from the first process, meant for us or not. */
  receive(message: unknown): void {
    if (!isBudgetAnswer(message)) return;
    this.asked.get(message.budgetId)?.(message.over);
    this.asked.delete(message.budgetId);
  }

  private ask(budget: 'enter' | 'hold', use: BudgetUse): Promise<OverBudget | undefined> {
    const id = ++this.last;
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      this.send({ budget, id, use });
    });
  }
}
