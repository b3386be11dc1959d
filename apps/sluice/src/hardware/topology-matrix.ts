import { stripVTControlCharacters } from 'node:util';
import { parseCpuList } from './cpu-list.js';

/** What `nvidia-smi topo -m` says of where a GPU is. */
export interface GpuAffinity {
  /** Empty when it does not say. */
  readonly cpus: readonly number[];
  readonly nodes: readonly number[];
}

/**
 * Its columns are parted by tabs and the title line is underlined; GPUs come first, network cards follow. Older drivers
 * have no `NUMA Affinity`.
 *
 * @returns by the GPU's index
 */
export function parseTopologyMatrix(output: string): ReadonlyMap<number, GpuAffinity> {
  const [titles = [], ...rows] = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.split('\t').map((cell) => cell.trim()));
  const list = (row: readonly string[], title: string) => parseCpuList(row[titles.indexOf(title)] ?? '');
  return new Map(
    rows.flatMap((row) => {
      const index = /^GPU(\d+)$/.exec(row[0] ?? '')?.[1];
      if (index === undefined) return [];
      return [[Number(index), { cpus: list(row, 'CPU Affinity'), nodes: list(row, 'NUMA Affinity') }]];
    }),
  );
}
