import type { z } from 'zod';

/** Undefined for what is not there, and for what somebody else wrote, or another version of Sluice. */
export function parseJson<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
