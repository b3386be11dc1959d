import { readFileSync } from 'node:fs';
import { messageOf } from '@sluice/contracts';
import { UsageError } from '../usage-error.js';

/** The options of `sluice models rollout`, as they were typed. */
export interface RolloutOptions {
  readonly canary?: string | undefined;
  readonly steps?: string | undefined;
  readonly 'min-samples'?: string | undefined;
  readonly 'max-step-seconds'?: string | undefined;
  readonly 'max-error-rate'?: string | undefined;
  readonly 'max-latency-ratio'?: string | undefined;
  readonly 'min-serving'?: string | undefined;
  readonly 'allow-signature-change'?: boolean | undefined;
  readonly golden?: string | undefined;
}

/** What `POST …/rollouts` is asked; what was not said is the API's to choose. @throws UsageError that names the option */
export function rolloutBody(version: string, options: RolloutOptions): object {
  const { golden, steps } = options;
  const strategy = {
    canaryPercent: numberOf('canary', options.canary),
    steps: steps === undefined ? undefined : listOf(steps),
    minSamples: numberOf('min-samples', options['min-samples']),
    maxStepSeconds: numberOf('max-step-seconds', options['max-step-seconds']),
    maxErrorRate: numberOf('max-error-rate', options['max-error-rate']),
    maxLatencyRatio: numberOf('max-latency-ratio', options['max-latency-ratio']),
    minServing: numberOf('min-serving', options['min-serving']),
    allowSignatureChange: options['allow-signature-change'],
    golden: golden === undefined ? undefined : readGolden(golden),
  };
  return { version, strategy };
}

/** `25,50`; nothing between the quotes: none. */
function listOf(steps: string): number[] {
  return steps.split(',').flatMap((step) => (step.trim() === '' ? [] : (numberOf('steps', step.trim()) ?? [])));
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new UsageError(`--${option} is \`${text}\`: expected a number`);
}

/** A list of items, or an object with them and the tolerances. */
function readGolden(file: string): object {
  try {
    const golden: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof golden === 'object' && golden !== null) return Array.isArray(golden) ? { items: golden } : golden;
  } catch (error) {
    throw new UsageError(`--golden: cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  throw new UsageError(`--golden: expected ${file} to be a list of {"inputs": […]}, or {"items": […]}`);
}
