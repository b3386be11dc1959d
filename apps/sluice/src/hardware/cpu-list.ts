/** @param text the kernel's notation, `0-3,8` @returns the numbers, ascending; none for an empty text */
export function parseCpuList(text: string): number[] {
  const ranges = text.split(',').flatMap((range) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(range) ?? [];
    return first === undefined ? [] : [{ first: Number(first), last: Number(last) }];
  });
  const cpus = ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
  return [...new Set(cpus)].toSorted((a, b) => a - b);
}

/** In the kernel's notation, which numactl and taskset read as well: `0-3,8`. */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of cpus.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.last === cpu - 1) range.last = cpu;
    else ranges.push({ first: cpu, last: cpu });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
