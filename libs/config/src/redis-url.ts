import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@sluice/contracts';

/**
 * Where Redis is, with all that is needed to connect to it: like PostgreSQL's `sslrootcert`, the file of private
 * authorities is a parameter of the URL, `?ca=/path`.
 *
 * @throws Error naming the variable
 */
export function redisUrlOf(env: { readonly REDIS_URL: string; readonly SLUICE_REDIS_CA?: string | undefined }): string {
  if (env.SLUICE_REDIS_CA === undefined) return env.REDIS_URL;
  const url = new URL(env.REDIS_URL);
  if (url.protocol !== 'rediss:') throw new Error('SLUICE_REDIS_CA: expected a REDIS_URL that begins with rediss://');
  const file = resolve(env.SLUICE_REDIS_CA);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new Error(`SLUICE_REDIS_CA: ${messageOf(error)}`, { cause: error });
  }
  url.searchParams.set('ca', file);
  return url.href;
}
