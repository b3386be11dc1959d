import { ROLLOUT_PHASES, stageResult, type Rollout } from '@sluice/contracts';
import { z } from 'zod';

const phase = z.enum(ROLLOUT_PHASES);
const percent = z.number().min(0).max(100);
const count = z.int().nonnegative();

const strategy = z.object({
  canaryPercent: percent,
  steps: z.array(percent),
  minSamples: count,
  maxStepMs: z.number(),
  maxErrorRate: z.number(),
  maxLatencyRatio: z.number(),
  allowSignatureChange: z.boolean(),
  minServing: count,
  golden: z.object({ digest: z.string(), absolute: z.number(), relative: z.number(), maxWrong: z.number() }).optional(),
});

const stage = z.object({
  attempt: z.int().positive(),
  jobId: z.string(),
  notBefore: z.number(),
  seen: z.boolean().optional(),
  result: stageResult.optional(),
});

const rollout: z.ZodType<Rollout> = z.object({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  from: z.string().optional(),
  strategy,
  phase,
  phaseSince: z.number(),
  paused: z.boolean(),
  asked: z.enum(['promote', 'roll-back']).optional(),
  stages: z.object({ verify: stage.optional(), sandbox: stage.optional(), golden: stage.optional() }),
  canaryStep: count,
  proposedAfter: count.optional(),
  progress: z.object({ mark: z.string(), at: z.number() }).optional(),
  loading: z.object({ workers: z.array(z.string()), died: count }).optional(),
  workers: z.array(z.string()).default([]),
  absent: z.array(z.string()),
  fault: z.object({ phase, reason: z.string() }).optional(),
  by: z.string(),
  createdAt: z.number(),
  endedAt: z.number().optional(),
  events: z.array(z.object({ at: z.number(), phase, message: z.string() })),
  revision: count,
});

/** @throws Error when it is not what Sluice writes */
export function parseRollout(text: string): Rollout {
  return rollout.parse(JSON.parse(text));
}
