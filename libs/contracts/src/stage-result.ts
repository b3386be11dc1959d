import { z } from 'zod';
import { DATATYPES, type Datatype } from './datatype.js';
import type { StageResult } from './rollout.js';

const count = z.int().nonnegative();
const tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.enum(Object.keys(DATATYPES) as [Datatype, ...Datatype[]]),
    shape: z.array(z.int()),
  }),
);

/** What a stage's job is settled with. */
export const stageResult: z.ZodType<StageResult> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('verify'), files: count, bytes: count }),
  z.object({
    kind: z.literal('sandbox'),
    signature: z.object({ inputs: tensors, outputs: tensors }),
    openMs: z.number(),
    peakBytes: z.number(),
  }),
  z.object({ kind: z.literal('golden'), items: count, wrong: count, examples: z.array(z.string()) }),
]);

/** @throws Error when the bytes are no result of a stage */
export function decodeStageResult(bytes: Uint8Array): StageResult {
  return stageResult.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
