import type { ApiResponseSchemaHost } from '@nestjs/swagger';
import { z } from 'zod';

type SchemaObject = ApiResponseSchemaHost['schema'];

/** As what is read: members that a schema does not name are passed over, not refused. */
export function openApi(schema: z.ZodType): SchemaObject {
  // Zod's and Nest's types of an OpenAPI 3.0 schema differ in letters, not in meaning.
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaObject;
}
