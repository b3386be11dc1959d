import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { errorSchema } from './schemas.js';

/** Documents errors of a route, all of one shape: status -> when it is answered. */
export function ApiErrors(descriptions: Readonly<Record<number, string>>): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ...Object.entries(descriptions).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, schema: errorSchema }),
    ),
  );
}
