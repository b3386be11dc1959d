import { z } from 'zod';
import { openApi } from './open-api-schema.js';

const instant = z.iso.datetime();
const percent = z.number().min(0).max(100);
const shares = z
  .array(
    z.object({
      name: z.string().meta({ example: 'inference' }),
      target: percent.describe('By the weights'),
      interval: percent.optional().describe('Absent when nothing ran'),
      sinceStart: percent.optional(),
    }),
  )
  .describe('Parts of the device time that was used, in percent');
const counted = {
  shares,
  batches: z.int().min(0),
  meanRows: z.number().optional().describe('Absent when no batch ran'),
  slices: z.int().min(0),
  expired: z.int().min(0).describe('Jobs that expired before they cost device time'),
};
const waiting = z.array(z.int().min(0));
/** What `GET /cluster` answers. */
export const clusterSchema = openApi(
  z.object({
    at: instant,
    intervalMs: z.int().describe('Of the last whole interval: SCHEDTRACE, or a second'),
    summary: z
      .object({
        uptimeMs: z.number(),
        workers: z.int().min(0),
        idle: z.int().min(0),
        searching: z.int().min(0),
        leasedNotStarted: z.int().min(0),
        shared: waiting.describe('Jobs that wait, queue by queue'),
        own: waiting.describe('Of the queues that belong to one worker'),
        ...counted,
        refused: z.int().min(0),
        loopGapMs: z.number(),
      })
      .describe('As a line of SCHEDTRACE'),
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string(),
        pid: z.int(),
        device: z.string().meta({ example: 'cpu' }),
        state: z.enum(['starting', 'serving', 'draining']),
        started: instant,
        models: z.array(
          z.object({ model: z.string(), version: z.string(), state: z.string(), reason: z.string().optional() }),
        ),
        load: z
          .object({
            told: instant,
            device: z.enum(['idle', 'running']),
            searching: z.boolean(),
            leasedNotStarted: z.int().min(0),
            classes: z.array(
              z.object({ name: z.string(), weight: z.number(), deviceMs: z.number(), busy: z.boolean() }),
            ),
            batches: z.int().min(0).describe('Since its start, as the next three'),
            rows: z.int().min(0),
            slices: z.int().min(0),
            expired: z.int().min(0),
            stolen: z.int().min(0).describe('Jobs taken from the own queues of others'),
            buffers: z
              .object({
                outstanding: z.int().min(0).describe('Input buffers in use; 0 when no batch is formed or run'),
                keptBytes: z.int().min(0).describe('Bytes of the buffers that wait to be used again'),
              })
              .describe('The pool of input buffers'),
            handOff: z.array(z.string()).describe('Why it leaves its work to others now'),
            loopGapMs: z.number(),
            update: z
              .object({ name: z.string().meta({ example: 'profile digits 1' }), progress: z.number().min(0).max(1) })
              .optional(),
            memory: z
              .object({
                budgetBytes: z.int().min(1),
                models: z.array(
                  z.object({
                    queue: z.string(),
                    state: z.enum(['ready', 'loading', 'unloading', 'available', 'failed']),
                    bytes: z.int().min(0),
                    lastUsedAt: z.number(),
                    held: z.boolean(),
                    loadMs: z.number().optional(),
                  }),
                ),
              })
              .optional()
              .describe('Absent without SLUICE_MODEL_MEMORY'),
            costs: z.array(
              z.object({
                queue: z.string(),
                bucket: z.string(),
                maxRows: z.int().min(1),
                fixedMs: z.number(),
                perRowMs: z.number(),
                error: z.number().optional().describe('Mean relative error of the latest predictions'),
                observations: z.int().min(0),
              }),
            ),
            interval: z.object(counted),
          })
          .optional()
          .describe('Absent until it has told'),
      }),
    ),
    queues: z.array(
      z.object({
        name: z.string(),
        owner: z.string().optional().describe('The worker that it belongs to'),
        waiting: z.int().min(0),
        active: z.int().min(0),
        paused: z.boolean(),
      }),
    ),
    assignment: z
      .object({
        generation: z.int().min(1),
        workers: z.record(z.string(), z.array(z.string())),
        noRoom: z.array(z.string()).describe('Asked for, and in no memory because there is no room'),
      })
      .optional()
      .describe('Which models the workers with a budget shall have in memory'),
    api: z.object({
      id: z.string(),
      loopGapMs: z.number(),
      refusals: z.record(z.string(), z.int().min(1)).describe('Of this process since its start, by code'),
    }),
  }),
);

export const pausedWorkerSchema = openApi(z.object({ id: z.string(), paused: z.boolean() }));
