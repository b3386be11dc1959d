import { z } from 'zod';
import type { Change, Revision } from '../change.js';
import type { RegisteredModel } from '../registered-model.js';

const canaryPercent = z.number().min(0).max(100);

const registeredModel = z.object({
  model: z.string(),
  live: z.string().optional(),
  candidate: z.string().optional(),
  canaryPercent,
  retired: z.array(z.string()).default([]),
  exchange: z.array(z.string()).default([]),
  generation: z.int().positive(),
  changeId: z.string(),
});

const change: z.ZodType<Change> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('serve'), version: z.string() }),
  z.object({ kind: z.literal('propose'), version: z.string(), canaryPercent }),
  z.object({ kind: z.literal('shift'), canaryPercent }),
  z.object({ kind: z.literal('exchange'), workers: z.array(z.string()) }),
  z.object({ kind: z.literal('promote') }),
  z.object({ kind: z.literal('withdraw') }),
]);

const revision = z.object({
  state: registeredModel,
  change,
  by: z.string(),
  reason: z.string().optional(),
  at: z.number(),
});

/** @throws Error when it is not what Sluice writes */
export function parseState(text: string): RegisteredModel {
  return registeredModel.parse(JSON.parse(text));
}

/** A change of a later Sluice, of a kind not known here, is passed over. */
export function parseRevisions(texts: readonly string[]): Revision[] {
  return texts.flatMap((text) => revision.safeParse(JSON.parse(text)).data ?? []);
}
