import { CallerBudget, type CallerLimits, type OverBudget } from '@sluice/scheduling';

/** What a request wants of its caller's budget. */
export interface BudgetUse {
  readonly caller: string;
  readonly limits: CallerLimits;
  readonly bytes: number;
}

/** What all callers use now of what they may use: `CallerBudget`, by caller. */
export abstract class Budgets {
  /** @returns undefined when the request is let in; it then leaves */
  abstract enter(use: BudgetUse): Promise<OverBudget | undefined> | OverBudget | undefined;
  /** @returns undefined when the bytes are held as well, by a request that is in */
  abstract hold(use: BudgetUse): Promise<OverBudget | undefined> | OverBudget | undefined;
  /** With all bytes that the request held. */
  abstract leave(caller: string, bytes: number): void;
}

/** Those of one process, counted in it. */
export class OwnBudgets extends Budgets {
  private readonly budgets = new Map<string, CallerBudget>();

  override enter({ caller, limits, bytes }: BudgetUse): OverBudget | undefined {
    return this.of(caller).enter(limits, bytes, performance.now());
  }

  override hold({ caller, limits, bytes }: BudgetUse): OverBudget | undefined {
    return this.of(caller).hold(limits, bytes);
  }

  override leave(caller: string, bytes: number): void {
    this.of(caller).leave(bytes);
  }

  private of(caller: string): CallerBudget {
    let budget = this.budgets.get(caller);
    if (!budget) this.budgets.set(caller, (budget = new CallerBudget()));
    return budget;
  }
}
