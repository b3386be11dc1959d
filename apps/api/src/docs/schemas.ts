import { DATATYPES } from '@sluice/contracts';
import { z } from 'zod';
import { openApi } from './open-api-schema.js';

/** The protocol's objects as OpenAPI shows them. What is accepted is decided by inference/protocol, in more detail. */
const datatype = z.enum(Object.keys(DATATYPES)).meta({ example: 'FP32' });
const shape = z.array(z.int().min(0)).meta({ example: [1, 1, 28, 28] });
const openShape = z
  .array(z.int().min(-1))
  .meta({ description: '-1: a dimension that the request chooses', example: [-1, 1, 28, 28] });
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();
const element = z.union([z.number(), z.string(), z.boolean()]);
const nested = z.array(z.unknown()).describe('A list of elements, or of lists');

export const inferRequestSchema = openApi(
  z.object({
    id: z.string().optional().describe('Echoed in the response'),
    parameters,
    inputs: z.array(
      z.object({
        name: z.string(),
        shape,
        datatype,
        parameters,
        data: z
          .array(z.union([element, nested]))
          .optional()
          .describe('Row-major, flat or nested as the shape is; absent where parameters.binary_data_size is given'),
      }),
    ),
    outputs: z
      .array(z.object({ name: z.string(), parameters }))
      .optional()
      .describe('All, when left out'),
  }),
);
const inferResponse = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype,
      shape,
      parameters: z.object({ binary_data_size: z.int().min(0) }).optional(),
      data: z.array(element).optional().describe('Row-major, flat; absent where the output is binary data'),
    }),
  ),
});
export const inferResponseSchema = openApi(inferResponse);
const tensorMetadata = z.object({ name: z.string(), datatype, shape: openShape });
export const modelMetadataSchema = openApi(
  z.object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
  }),
);
const tensorConfig = z.object({
  name: z.string(),
  data_type: z.string().meta({ example: 'TYPE_FP32' }),
  dims: z.array(z.int().min(-1)).meta({ description: 'Without the batch dimension', example: [1, 28, 28] }),
});
export const modelConfigSchema = openApi(
  z.object({
    name: z.string(),
    platform: z.string(),
    backend: z.string(),
    max_batch_size: z.int().min(0).describe('0: no batch dimension'),
    input: z.array(tensorConfig),
    output: z.array(tensorConfig),
    dynamic_batching: z.strictObject({}).optional().describe('There, and empty, when requests are batched'),
    instance_group: z.array(z.object({ kind: z.enum(['KIND_CPU', 'KIND_GPU']), count: z.int().min(1) })),
    parameters: z.object({ device: z.object({ string_value: z.string().meta({ example: 'cpu' }) }) }),
    model_transaction_policy: z.object({ decoupled: z.boolean() }),
  }),
);
const reason = z.string().optional().describe('Why not');
export const modelReadySchema = openApi(z.object({ name: z.string(), ready: z.boolean(), reason }));
export const readySchema = openApi(z.object({ ready: z.boolean(), reason }));
export const liveSchema = openApi(z.object({ live: z.boolean() }));
const path = z.string().meta({ example: '/docs' });
export const rootSchema = openApi(
  z.object({
    name: z.string(),
    links: z.object({
      documentation: path,
      openapi: path,
      queues: path,
      server: path,
      live: path,
      ready: path,
    }),
  }),
);
export const serverMetadataSchema = openApi(
  z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
);
const none = z.strictObject({}).optional();
export const repositoryIndexRequestSchema = openApi(
  z.object({ ready: z.boolean().optional().describe('Only those that are ready') }),
);
export const repositoryIndexSchema = openApi(
  z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      state: z.enum(['READY', 'LOADING', 'UNLOADING', 'UNAVAILABLE']),
      reason: z.string().describe('Why not; and on how many workers, where they differ'),
    }),
  ),
);
export const loadRequestSchema = openApi(z.object({ parameters: none.describe('None is served') }));
export const unloadRequestSchema = openApi(
  z.object({ parameters: z.object({ unload_dependents: z.boolean().optional() }).optional() }),
);
export const modelLoadedSchema = openApi(z.object({ name: z.string(), load: z.boolean() }));
export const modelUnloadedSchema = openApi(z.object({ name: z.string(), unload: z.boolean() }));
const duration = z.object({ count: z.int().min(0), ns: z.int().min(0).describe('In all') });
const runStages = { compute_input: duration, compute_infer: duration, compute_output: duration };
export const modelStatisticsSchema = openApi(
  z.object({
    model_stats: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        last_inference: z.int().min(0).describe('Milliseconds since the epoch; 0: never'),
        inference_count: z.int().min(0).describe('Rows'),
        execution_count: z.int().min(0).describe('Batches'),
        inference_stats: z
          .object({
            success: duration,
            fail: duration,
            queue: duration,
            ...runStages,
            cache_hit: duration,
            cache_miss: duration,
          })
          .describe('By request: each counts the whole batch that it was in'),
        batch_stats: z.array(z.object({ batch_size: z.int().min(1), ...runStages })).describe('By batch'),
      }),
    ),
  }),
);
const instant = z.iso.datetime();
const job = z.object({
  id: z.string().meta({ example: 'digits.1.0mb3k2v8a000x1c7p9qz' }),
  model: z.string(),
  version: z.string(),
  state: z.enum(['waiting', 'active', 'completed', 'failed']),
  position: z.int().min(1).optional().describe('Its place in the queue while it waits: 1 is next'),
  created: instant,
  started: instant.optional(),
  finished: instant.optional(),
  expires: instant.describe('When it is given up if it has not ended; when its result is dropped if it has'),
  attempts: z.int().min(0).describe('How often a worker has taken it'),
  worker: z.string().optional().describe('Who has it, or had it last'),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export const acceptedJobSchema = openApi(job);
export const jobsSchema = openApi(
  z.object({ jobs: z.array(job), page: z.int(), size: z.int(), more: z.boolean().describe('There is another page') }),
);
export const jobSchema = openApi(job.extend({ result: inferResponse.optional().describe('When completed') }));
export const profileJobsSchema = openApi(
  z.object({
    jobs: z.array(job.extend({ queue: z.string().meta({ example: 'model-update@worker-1.host.17.0a1b2c' }) })),
  }),
);
export const profilesSchema = openApi(
  z.object({
    model: z.string(),
    version: z.string(),
    profiles: z.array(
      z.object({
        deviceKind: z.string().meta({ example: 'cpu: AMD EPYC 7B13, 2 threads' }),
        measured: instant,
        unfinishedAttempts: z.int().min(0).describe('How often it was begun since it was last finished'),
        buckets: z.array(
          z.object({
            bucket: z.string().describe('Empty for a model without ragged dimensions'),
            bestBatch: z.int().min(1).describe('Rows beyond which more bring less than 5 % more of them a second'),
            sizes: z.array(z.object({ rows: z.int().min(1), ms: z.number(), rowsPerSecond: z.number() })),
          }),
        ),
      }),
    ),
  }),
);
export const errorSchema = openApi(z.object({ error: z.string() }));
