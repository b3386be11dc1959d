/** Work that any of some workers can do. */
export interface SharedWork {
  readonly workMs: number;
  /** Indices of those workers. */
  readonly hosts: readonly number[];
}

/** Each round comes closer; after so many what changes is far below the error of the work itself. */
const ROUNDS = 8;

/**
 * How much each worker will do when each takes work whenever it is idle: what several can do is done by those that have
 * the least to do otherwise. As water finds its level: work by work is taken out and poured over its hosts again, so
 * that the lowest are filled first, in rounds.
 *
 * @param workers how many there are
 * @returns ms of work by worker; work without hosts is done by none
 */
export function spreadWork(workers: number, works: readonly SharedWork[]): number[] {
  const levels = Array.from({ length: workers }, () => 0);
  const shares = works.map(({ hosts }) => hosts.map(() => 0));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { workMs, hosts }] of works.entries()) {
      const share = shares[index]!;
      for (const [at, host] of hosts.entries()) levels[host]! -= share[at]!;
      const ground = hosts.map((host) => levels[host]!);
      const surface = surfaceOf(ground, workMs);
      for (const [at, host] of hosts.entries()) {
        share[at] = Math.max(0, surface - ground[at]!);
        levels[host]! += share[at];
      }
    }
  return levels;
}

/** How high the surface is when so much is poured over such a ground. */
function surfaceOf(ground: readonly number[], poured: number): number {
  const rising = ground.toSorted((one, other) => one - other);
  let volume = poured;
  for (const [at, level] of rising.entries()) {
    volume += level;
    const surface = volume / (at + 1);
    if (surface <= (rising[at + 1] ?? Infinity)) return surface;
  }
  return 0;
}
