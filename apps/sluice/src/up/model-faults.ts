import { existsSync, readFileSync } from 'node:fs';

/**
 * The models that workers could not load, from their logs (`model_unavailable`), each fault once however many workers
 * have it.
 */
export function modelFaults(workerLogs: readonly string[]): string[] {
  const lines = workerLogs.flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []));
  return [...new Set(lines.flatMap((line) => faultOf(line) ?? []))];
}

function faultOf(line: string): string | undefined {
  if (!line.includes('"msg":"model_unavailable"')) return undefined;
  try {
    const { model, version, reason } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return `model ${String(model)} version ${String(version)} is not available: ${String(reason)}`;
  } catch {
    // Half a line: the other half comes.
    return undefined;
  }
}
