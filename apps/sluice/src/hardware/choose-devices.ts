import type { Gpu } from './machine-topology.js';

/** What one worker is to run on. */
export interface Device {
  /** As SLUICE_DEVICE takes it. */
  readonly name: string;
  /** Undefined for what is no GPU, or none that was found. */
  readonly gpu: Gpu | undefined;
}

export const CPU: Device = { name: 'cpu', gpu: undefined };

const NVIDIA = /^(cuda|tensorrt)(?::(\d+))?$/;

/**
 * One for each worker; empty when the cores themselves are the device.
 *
 * @param gpus those that CUDA shows, in CUDA's order
 * @param asked SLUICE_DEVICE; a kind without a number stands for all GPUs
 */
export function chooseDevices(gpus: readonly Gpu[], asked: string | undefined): readonly Device[] {
  if (asked === 'cpu' || (asked === undefined && gpus.length === 0)) return [];
  const [name, kind, number] = NVIDIA.exec(asked ?? 'cuda') ?? [asked ?? 'cuda'];
  if (kind === undefined) return [{ name, gpu: undefined }];
  if (number !== undefined) return [{ name, gpu: gpus[Number(number)] }];
  return gpus.length > 0 ? gpus.map((gpu, at) => ({ name: `${kind}:${at}`, gpu })) : [{ name, gpu: undefined }];
}
