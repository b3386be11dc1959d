import type { Activity, ClassActivity } from './activity.js';

/** A class' part of the device time that all classes were charged, in percent. */
export interface ClassShare {
  readonly name: string;
  /** By the weights. What it really gets is more where others have no work, and less where it has none itself. */
  readonly target: number;
  /** Undefined: nothing ran at all. */
  readonly interval: number | undefined;
  readonly sinceStart: number | undefined;
}

/** In the order in which the classes are configured. */
export function classShares(interval: Activity, sinceStart: Activity): ClassShare[] {
  const weights = sinceStart.classes.reduce((sum, { weight }) => sum + weight, 0);
  return sinceStart.classes.map(({ name, weight }) => ({
    name,
    target: (100 * weight) / weights,
    interval: partOf(name, interval.classes),
    sinceStart: partOf(name, sinceStart.classes),
  }));
}

function partOf(name: string, classes: readonly ClassActivity[]): number | undefined {
  const all = classes.reduce((sum, { deviceMs }) => sum + deviceMs, 0);
  const own = classes.find((each) => each.name === name)?.deviceMs ?? 0;
  return all > 0 ? (100 * own) / all : undefined;
}
