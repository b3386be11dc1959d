import type { WorkerConfig } from '@sluice/config';
import type { ServableModel } from '@sluice/model-store';

export interface SandboxLimits {
  readonly memoryBytes: number;
  /** From when the process begins to open the file. */
  readonly timeoutMs: number;
}

/** Of the process and the runtime, before any weight is read. */
const RUNTIME_BYTES = 2 ** 30;
/** Weights are read, unpacked and computed with, and the runtime gives nothing back meanwhile: twice was measured. */
const BYTES_PER_FILE_BYTE = 4;
const LEAST_MS = 60_000;
/** Ten times slower than was measured with nothing else running. */
const FILE_BYTES_PER_MS = 20_000;

/** What a version may take while it is opened: as its files suggest, unless the settings say otherwise. */
export function sandboxLimits(
  { bytes, config }: Pick<ServableModel, 'bytes' | 'config'>,
  { memoryBytes, timeoutMs }: WorkerConfig['sandbox'],
): SandboxLimits {
  const said = config.memoryBytes ?? 0;
  return {
    memoryBytes: memoryBytes ?? RUNTIME_BYTES + Math.max(BYTES_PER_FILE_BYTE * bytes, 2 * said),
    timeoutMs: timeoutMs ?? LEAST_MS + Math.ceil(bytes / FILE_BYTES_PER_MS),
  };
}
