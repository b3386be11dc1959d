/** A class of work that shares the device with others. */
export interface ShareClass {
  readonly name: string;
  /** Above 0; its share of the device is its weight by the sum of the weights of those that have work. */
  readonly weight: number;
  /** Device time that it may be ahead of its share after a lull, in ms; 0 for most. */
  readonly creditMs: number;
}

interface Account {
  readonly name: string;
  readonly weight: number;
  /** How far it may fall behind the system's virtual time while it is idle; at most 0. */
  readonly lowest: number;
  /** Its virtual time less the system's, in ms by weight. */
  lead: number;
  usedMs: number;
}

/**
 * Shares one device among classes of work by weight, in device time. The essay beside this file has the reasons, the
 * source and the bounds.
 *
 * Only leads over the system's virtual time are kept, never the virtual times themselves: nothing grows with uptime, so
 * no precision is lost. A lead is at least minus the class's credit and at most what its last unit cost.
 */
export class DeviceShare {
  private readonly accounts = new Map<string, Account>();

  /** @throws RangeError when there is no class, a name comes twice, a weight is not above 0 or a credit is below 0 */
  constructor(classes: readonly ShareClass[]) {
    if (classes.length === 0) throw new RangeError('a share needs at least one class');
    for (const { name, weight, creditMs } of classes) {
      if (this.accounts.has(name)) throw new RangeError(`class ${name} comes twice, expected each once`);
      if (!(weight > 0 && weight < Infinity))
        throw new RangeError(`weight of class ${name} is ${weight}, expected a number above 0`);
      if (!(creditMs >= 0 && creditMs < Infinity))
        throw new RangeError(`credit of class ${name} is ${creditMs} ms, expected 0 or more`);
      // Not -0: it would be less than 0 to nobody, and look odd in a trace.
      this.accounts.set(name, { name, weight, lowest: 0 - creditMs / weight, lead: 0, usedMs: 0 });
    }
  }

  /**
   * The class to run next among those that have work now: the one furthest behind, of equals the first configured.
   * Classes left out are idle. Asking twice changes nothing.
   *
   * @returns undefined when none has work
   * @throws RangeError for a class that is not configured
   */
  next(backlogged: readonly string[]): string | undefined {
    const waiting = new Set(backlogged.map((name) => this.account(name)));
    let first: Account | undefined;
    for (const account of this.accounts.values())
      if (waiting.has(account) && (!first || account.lead < first.lead)) first = account;
    if (first && first.lead > 0) this.advance(first.lead);
    return first?.name;
  }

  /**
   * Charges what ran, from start to end on the device's clock; also what could not be cut, and what was not asked for.
   *
   * @throws RangeError for a class that is not configured, and for a time that is negative or no number
   */
  charge(name: string, deviceMs: number): void {
    if (!(deviceMs >= 0 && deviceMs < Infinity))
      throw new RangeError(`class ${name} cannot be charged ${deviceMs} ms, expected 0 or more`);
    const account = this.account(name);
    account.lead += deviceMs / account.weight;
    account.usedMs += deviceMs;
  }

  /** Device time charged so far, in ms by class. */
  used(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.accounts.values(), ({ name, usedMs }) => [name, usedMs]));
  }

  /**
   * Moves the system's virtual time on. Whoever has work is not behind it afterwards; whoever is idle falls behind, by
   * its credit and no further.
   */
  private advance(by: number): void {
    for (const account of this.accounts.values()) account.lead = Math.max(account.lead - by, account.lowest);
  }

  private account(name: string): Account {
    const account = this.accounts.get(name);
    if (account) return account;
    throw new RangeError(`there is no class ${name}, expected one of ${[...this.accounts.keys()].join(', ')}`);
  }
}
