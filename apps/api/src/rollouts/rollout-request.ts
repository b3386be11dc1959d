import type { RolloutStrategy } from '@sluice/contracts';
import { SluiceError } from '@sluice/contracts';
import { z } from 'zod';
import { parseBoundedJson } from '../inference/protocol/bounded-json.js';
import { describeValue, invalidField } from '../inference/protocol/invalid-field.js';
import { isRecord } from '../inference/protocol/json-record.js';

/** What `POST …/rollouts` asks for. */
export interface RolloutRequest {
  readonly version: string;
  readonly strategy: Omit<RolloutStrategy, 'golden'>;
  readonly golden?: GoldenRequest | undefined;
}

export interface GoldenRequest {
  /** As they came, to be read against a model's signature. */
  readonly items: readonly unknown[];
  readonly absolute: number;
  readonly relative: number;
  readonly maxWrong: number;
}

const MAX_DEPTH = 32;
/** Of all objects: thousands of golden items, each with a few tensors. */
const MAX_MEMBERS = 500_000;

const DEFAULT_STEPS = [25, 50];
const share = z.number().min(0).max(100);
const request = z.strictObject({
  version: z.string().regex(/^[1-9]\d{0,17}$/, 'expected a positive integer in quotes, as in "2"'),
  strategy: z
    .strictObject({
      canaryPercent: share.default(5),
      steps: z.array(share).max(100).optional(),
      minSamples: z.int().nonnegative().default(100),
      maxStepSeconds: z.number().positive().max(604_800).default(30),
      maxErrorRate: z.number().min(0).max(1).default(0.01),
      maxLatencyRatio: z.number().min(1).default(1.5),
      allowSignatureChange: z.boolean().default(false),
      minServing: z.int().nonnegative().default(1),
      golden: z
        .strictObject({
          items: z.array(z.unknown()).min(1),
          absolute: z.number().nonnegative().default(1e-6),
          relative: z.number().nonnegative().default(1e-4),
          maxWrong: z.number().min(0).max(1).default(0),
        })
        .optional(),
    })
    .superRefine(({ canaryPercent, steps = [] }, context) => {
      const shares = [canaryPercent, ...steps];
      const isAscending = shares.every((each, index) => index === 0 || each > (shares[index - 1] ?? 0));
      if (!isAscending)
        context.addIssue({ code: 'custom', path: ['steps'], message: `expected ascending shares above canaryPercent` });
    })
    .prefault({}),
});

/** @throws SluiceError invalid_request that names the fields at fault */
export function readRolloutRequest(body: unknown, { maxElements }: { readonly maxElements: number }): RolloutRequest {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const json = parseBoundedJson(bytes, { maxDepth: MAX_DEPTH, maxElements, maxMembers: MAX_MEMBERS });
  if (!isRecord(json)) throw invalidField({ path: 'body' }, 'an object with "version"', describeValue(json));
  const { success, data, error } = request.safeParse(json);
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw new SluiceError('invalid_request', faults.join('; '));
  }
  const { golden, maxStepSeconds, ...strategy } = data.strategy;
  const { canaryPercent, steps = DEFAULT_STEPS.filter((step) => step > canaryPercent) } = strategy;
  return { version: data.version, strategy: { ...strategy, steps, maxStepMs: maxStepSeconds * 1000 }, golden };
}
