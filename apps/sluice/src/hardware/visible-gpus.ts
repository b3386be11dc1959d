import type { Gpu } from './machine-topology.js';

/**
 * Those that CUDA shows to a process, in CUDA's order: the N of `cuda:N` is the place in this list. CUDA stops at the
 * first entry that it does not know.
 *
 * @param visible CUDA_VISIBLE_DEVICES: indices (by PCI address) or beginnings of UUIDs; undefined shows all, empty none
 */
export function visibleGpus(gpus: readonly Gpu[], visible: string | undefined): readonly Gpu[] {
  if (visible === undefined) return gpus;
  const shown: Gpu[] = [];
  for (const entry of visible.split(',').map((text) => text.trim())) {
    const isUuid = entry.startsWith('GPU-');
    const gpu = gpus.find(({ index, uuid }) => (isUuid ? uuid.startsWith(entry) : String(index) === entry));
    if (!gpu) break;
    shown.push(gpu);
  }
  return shown;
}
