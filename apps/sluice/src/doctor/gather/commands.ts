import type { ApiConfig } from '@sluice/config';
import { localUrl } from '../../up/address-table.js';
import type { Commands } from '../facts.js';

/** Commands as they can be pasted into the shell that the doctor was asked from; passwords stay in its variables. */
export function commandsFor(
  env: NodeJS.ProcessEnv,
  redisUrl: string | undefined,
  api: ApiConfig | undefined,
): Commands {
  const url = env['REDIS_URL'] || redisUrl === undefined ? '"$REDIS_URL"' : redisUrl;
  const authority = env['SLUICE_REDIS_CA'] ? ' --cacert "$SLUICE_REDIS_CA"' : '';
  const base = env['SLUICE_URL'] || (api ? localUrl(api.host, api.port, api.door.tls !== undefined) : '$SLUICE_URL');
  const key = api?.door.keys ? ' -H "x-api-key: $SLUICE_API_KEY"' : '';
  const curl = (method: string) => `curl -X ${method}${key} ${base}`;
  return { redisCli: `redis-cli -u ${url}${authority}`, post: curl('POST'), put: curl('PUT') };
}
