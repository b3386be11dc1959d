import type { ApiResponseSchemaHost } from '@nestjs/swagger';
import { DATATYPES } from '@sluice/contracts';
import { z } from 'zod';

type SchemaObject = ApiResponseSchemaHost['schema'];

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
        data: z.array(z.union([element, nested])).describe('Row-major, flat or nested as the shape is'),
      }),
    ),
    outputs: z
      .array(z.object({ name: z.string(), parameters }))
      .optional()
      .describe('All, when left out'),
  }),
);
export const inferResponseSchema = openApi(
  z.object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({ name: z.string(), datatype, shape, data: z.array(element).describe('Row-major, flat') }),
    ),
  }),
);
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
export const serverMetadataSchema = openApi(
  z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
);
export const errorSchema = openApi(z.object({ error: z.string() }));

/** As what is read: members that a schema does not name are passed over, not refused. */
function openApi(schema: z.ZodType): SchemaObject {
  // Zod's and Nest's types of an OpenAPI 3.0 schema differ in letters, not in meaning.
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaObject;
}
