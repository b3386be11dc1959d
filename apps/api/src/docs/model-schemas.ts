import { z } from 'zod';
import { openApi } from './open-api-schema.js';

const instant = z.iso.datetime();
const digest = z.string().meta({ example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' });
const version = z.string().meta({ example: '2' });
const percent = z.number().min(0).max(100);
const origin = z.string().meta({ example: 'run 1234 (pushed by ops)' });
const bytes = z.int().min(0).describe('Of all files');

const model = z.object({
  name: z.string().meta({ example: 'digits' }),
  live: version.optional().describe('Answers the requests that name no version'),
  candidate: version.optional(),
  canaryPercent: percent.describe('Of the requests that name no version, how many the candidate gets'),
  generation: z
    .int()
    .min(0)
    .describe('Changes so far; 0: nothing was registered, it is served as the workers’ folders have it'),
  versions: z.array(
    z.object({
      version,
      state: z
        .enum(['live', 'candidate', 'served', 'stored', 'retired'])
        .describe('served: from the workers’ folders; stored: pushed, not in service; retired: in service before'),
      readyOn: z.int().min(0).describe('Workers alive that have it in memory'),
      bytes: bytes.optional(),
      digest: digest.optional(),
      origin: origin.optional(),
      pushed: instant.optional(),
      fault: z.string().optional().describe('Why it cannot be used'),
    }),
  ),
});
const pushed = z.object({
  model: z.string().meta({ example: 'digits' }),
  version,
  digest: digest.describe('Of what the version is: files and configuration'),
  bytes,
  files: z.array(z.object({ path: z.string().meta({ example: 'model.onnx' }), digest, bytes: z.int().min(0) })),
  config: z
    .object({ platform: z.string().optional(), max_batch_size: z.int().min(0).optional() })
    .describe('As config.json has it, with whatever else is in it'),
  origin,
  pushed: instant,
});

export const modelsSchema = openApi(z.object({ models: z.array(model) }));
export const modelDetailsSchema = openApi(
  model.extend({
    pushed: z.array(pushed),
    history: z.array(
      z.object({
        at: instant,
        generation: z.int().min(1),
        change: z.enum(['serve', 'propose', 'shift', 'exchange', 'promote', 'withdraw']),
        live: version.optional(),
        candidate: version.optional(),
        canaryPercent: percent,
        by: z.string().meta({ example: 'ops' }),
        reason: z.string().optional(),
      }),
    ),
  }),
);
export const pushedVersionSchema = openApi(pushed);

/** Written by hand: zod has no word for a file. */
export const uploadSchema = {
  type: 'object',
  properties: {
    'model.onnx': { type: 'string', format: 'binary', description: 'A part for each file, named by its path' },
    'weights.bin': { type: 'string', format: 'binary', description: 'External data, as the model names it' },
    config: { type: 'string', description: 'JSON of config.json', example: '{"max_batch_size":32}' },
    version: { type: 'string', description: 'The next number when left out', example: '2' },
    origin: { type: 'string', description: 'Where it comes from, in words', example: 'run 1234' },
    'digest:model.onnx': { type: 'string', description: 'sha256 of that file, to be compared' },
  },
};
