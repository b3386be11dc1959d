import type { ModelView } from './client/answers.js';

/** A line for each model, and one for each of its versions. */
export function listText(models: readonly ModelView[]): string {
  if (models.length === 0) return 'there are no models: push one with  sluice models push <name> <model.onnx>\n';
  return models.map((model) => [headOf(model), ...versionsOf(model), ''].join('\n')).join('');
}

function headOf({ name, live, candidate, canaryPercent }: ModelView): string {
  const next = candidate === undefined ? '' : `, ${candidate} is on its way (${canaryPercent} % of the requests)`;
  return `${name}${live === undefined ? '' : `: ${live} is live`}${next}`;
}

function versionsOf({ versions }: ModelView): string[] {
  const width = Math.max(...versions.map(({ version }) => version.length));
  return versions.map(({ version, state, readyOn, bytes, pushed, origin, fault }) => {
    const size = bytes === undefined ? '' : `  ${(bytes / 1e6).toFixed(1)} MB`;
    const when = pushed === undefined ? '' : `  ${pushed.slice(0, 16).replace('T', ' ')}`;
    const what = fault ?? origin ?? '';
    const where = readyOn === 0 ? '' : `  ready on ${readyOn}`;
    return `  ${version.padStart(width)}  ${state.padEnd(9)}${where}${size}${when}${what === '' ? '' : `  ${what}`}`;
  });
}
