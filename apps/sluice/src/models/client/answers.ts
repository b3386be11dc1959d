import { z } from 'zod';

/** What the commands read of the API's answers. */
export const modelView = z.object({
  name: z.string(),
  live: z.string().optional(),
  candidate: z.string().optional(),
  canaryPercent: z.number(),
  versions: z.array(
    z.object({
      version: z.string(),
      state: z.string(),
      readyOn: z.number(),
      bytes: z.number().optional(),
      pushed: z.string().optional(),
      origin: z.string().optional(),
      fault: z.string().optional(),
    }),
  ),
});
export type ModelView = z.infer<typeof modelView>;
export const modelsView = z.object({ models: z.array(modelView) });

export const pushedView = z.object({ model: z.string(), version: z.string(), digest: z.string(), bytes: z.number() });

export const rolloutView = z.object({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  from: z.string().optional(),
  phase: z.string(),
  paused: z.boolean(),
  percent: z.number(),
  leftSeconds: z.number().optional(),
  stages: z.array(z.object({ stage: z.string(), state: z.string(), seconds: z.number().optional() })),
  workers: z.array(z.object({ id: z.string(), stage: z.string(), percent: z.number(), reason: z.string().optional() })),
  canary: z.object({ percent: z.number(), step: z.number(), of: z.number() }).optional(),
  absent: z.array(z.string()),
  fault: z.object({ phase: z.string(), reason: z.string() }).optional(),
  ended: z.string().optional(),
});
export type RolloutView = z.infer<typeof rolloutView>;
export const rolloutsView = z.object({ rollouts: z.array(rolloutView) });
export const stepView = z.object({ at: z.string(), phase: z.string(), message: z.string() });
