/** Chance, so that a simulation can repeat it. */
export abstract class Random {
  /** From 0 to below 1, evenly. */
  abstract next(): number;
}

export class SystemRandom extends Random {
  override next(): number {
    return Math.random();
  }
}
