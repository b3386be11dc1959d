import type { OverBudget } from '@sluice/scheduling';
import type { BudgetUse } from './budgets.js';

/** A process of the API -> the first of them. `leave` has no answer. */
export type BudgetMessage =
  | { readonly budget: 'enter' | 'hold'; readonly id: number; readonly use: BudgetUse }
  | { readonly budget: 'leave'; readonly caller: string; readonly bytes: number };

/** And back. */
export interface BudgetAnswer {
  readonly budgetId: number;
  readonly over: OverBudget | undefined;
}

/** Node sends messages of its own and of other parts on the same channel. */
export function isBudgetMessage(message: unknown): message is BudgetMessage {
  return typeof message === 'object' && message !== null && 'budget' in message;
}

export function isBudgetAnswer(message: unknown): message is BudgetAnswer {
  return typeof message === 'object' && message !== null && 'budgetId' in message;
}
