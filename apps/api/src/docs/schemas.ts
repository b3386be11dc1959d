import type { ApiResponseSchemaHost } from '@nestjs/swagger';
import { DATATYPES } from '@sluice/contracts';
import { z } from 'zod';

type SchemaObject = ApiResponseSchemaHost['schema'];

/** The protocol's objects as OpenAPI shows them. What is accepted is decided by inference/protocol, in more detail. */
const datatype = z.enum(Object.keys(DATATYPES)).meta({ example: 'FP32' });
const shape = z.array(z.int()).meta({ example: [1, 1, 28, 28] });
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();
const data = z.array(z.unknown()).describe('Row-major, flat or nested');
const spec = z.object({
  name: z.string(),
  datatype,
  shape: shape.describe('-1: a dimension that the request chooses'),
});

export const inferRequestSchema = openApi(
  z.object({
    id: z.string().optional().describe('Echoed in the response'),
    parameters,
    inputs: z.array(z.object({ name: z.string(), shape, datatype, parameters, data })),
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
    outputs: z.array(z.object({ name: z.string(), datatype, shape, data })),
  }),
);
export const modelMetadataSchema = openApi(
  z.object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(spec),
    outputs: z.array(spec),
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

function openApi(schema: z.ZodType): SchemaObject {
  // Zod's and Nest's types of an OpenAPI 3.0 schema differ in letters, not in meaning.
  return z.toJSONSchema(schema, { target: 'openapi-3.0' }) as SchemaObject;
}
