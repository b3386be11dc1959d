import { cpus, hostname } from 'node:os';

/** What the cost of a run depends on beside the model: workers that agree in it share profiles. */
export function deviceKind(device: string, threads: number): string {
  if (device === 'scripted') return device;
  if (device === 'cpu') return `cpu: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${threads} threads`;
  // Which GPU it is the runtime does not tell.
  return `${device} of ${hostname()}`;
}
