import { INTRODUCTION_STAGES, ROLLOUT_PHASES } from '@sluice/contracts';
import { z } from 'zod';
import { openApi } from './open-api-schema.js';
import { INFER_EXAMPLE } from './infer-example.js';

const instant = z.iso.datetime();
const version = z.string().meta({ example: '2' });
const percent = z.number().min(0).max(100);
const phase = z.enum(ROLLOUT_PHASES);
const strategy = {
  canaryPercent: percent.describe('Of the requests that name no version, how many the new one gets first'),
  steps: z
    .array(percent)
    .describe('The shares after it, ascending; promoted after the last')
    .meta({ example: [25, 50] }),
  minSamples: z.int().min(0).describe('Requests of each version that a step waits for'),
  maxErrorRate: z
    .number()
    .min(0)
    .max(1)
    .describe('By how much the share of failed requests may exceed the live version’s'),
  maxLatencyRatio: z.number().min(1).describe('How many times as long as on the live version a request may take'),
  allowSignatureChange: z.boolean(),
  minServing: z
    .int()
    .min(0)
    .describe('Workers that go on serving while others exchange versions that do not fit side by side'),
};
const tolerance = {
  absolute: z.number().min(0).describe('A number may be off by absolute + relative * |expected|'),
  relative: z.number().min(0),
  maxWrong: z.number().min(0).max(1).describe('Share of the items that may be answered wrongly'),
};
const data = z
  .array(z.union([z.number(), z.string(), z.boolean(), z.array(z.number())]))
  .describe('Row-major, flat or nested');
const tensor = z.object({ name: z.string(), shape: z.array(z.int().min(0)), datatype: z.string(), data });
const event = z.object({ at: instant, phase, message: z.string() });

export const rolloutRequestSchema = openApi(
  z.object({
    version,
    strategy: z
      .object({
        ...strategy,
        maxStepSeconds: z.number().describe('A step without a breach goes on after so long, also with fewer requests'),
        golden: z
          .object({
            items: z.array(
              z.object({
                inputs: z.array(tensor).describe('As in an inference request'),
                outputs: z.array(tensor).optional().describe('What is to come out; else what the live version says'),
              }),
            ),
            ...tolerance,
          })
          .partial({ absolute: true, relative: true, maxWrong: true }),
      })
      .partial()
      .optional(),
  }),
);

export const rolloutExamples = {
  plain: { summary: 'With the defaults', value: { version: '2' } },
  careful: {
    summary: 'With everything',
    value: {
      version: '2',
      strategy: {
        canaryPercent: 1,
        steps: [5, 25, 50],
        minSamples: 500,
        maxStepSeconds: 300,
        maxErrorRate: 0.005,
        maxLatencyRatio: 1.2,
        golden: { items: [{ inputs: INFER_EXAMPLE.inputs }], relative: 0.001, maxWrong: 0 },
      },
    },
  },
};

const rollout = z.object({
  id: z.string().meta({ example: '0mb3k2v8a000x1c7p9qz' }),
  model: z.string().meta({ example: 'digits' }),
  version,
  from: version.optional().describe('The version that was live when it began'),
  phase,
  paused: z.boolean(),
  asked: z.enum(['promote', 'roll-back']).optional().describe('What somebody asked for and has not come about yet'),
  percent: percent.describe('Of the way to promoted'),
  leftSeconds: z.int().min(0).optional().describe('An estimate; absent where there is none'),
  stages: z.array(
    z.object({
      stage: phase,
      state: z.enum(['waiting', 'running', 'done', 'failed']),
      seconds: z.number().min(0).optional(),
      attempt: z.int().min(2).optional(),
    }),
  ),
  workers: z.array(
    z.object({
      id: z.string(),
      stage: z.enum(INTRODUCTION_STAGES),
      percent,
      attempt: z.int().min(1),
      reason: z.string().optional(),
    }),
  ),
  canary: z.object({ percent, step: z.int().min(1), of: z.int().min(1) }).optional(),
  absent: z.array(z.string()).describe('Workers that were alive when it began and not at its end'),
  fault: z.object({ phase, reason: z.string() }).optional().describe('Why it was rolled back'),
  by: z.string().meta({ example: 'ops' }),
  created: instant,
  ended: instant.optional(),
  strategy: z.object({
    ...strategy,
    maxStepMs: z.number().min(0),
    golden: z.object({ digest: z.string(), ...tolerance }).optional(),
  }),
  events: z.array(event),
});

export const rolloutSchema = openApi(rollout);
export const rolloutsSchema = openApi(z.object({ rollouts: z.array(rollout) }));
export const rolloutEventsSchema = openApi(
  z.object({ id: z.string().optional(), event: z.enum(['step', 'progress', 'end']), data: event.partial() }),
);
