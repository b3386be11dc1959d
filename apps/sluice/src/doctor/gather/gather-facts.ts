import { join } from 'node:path';
import { compileApiConfig, compileWorkerConfig, unknownSettings } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { runningCluster } from '../../up/cluster-file.js';
import type { Facts } from '../facts.js';
import { gatherCluster } from './cluster-facts.js';
import { commandsFor } from './commands.js';
import { gatherMachine } from './machine-facts.js';
import { gatherModelsFolder } from './models-folder-facts.js';
import { gatherRedis } from './redis-facts.js';

/**
 * Finds out all that is judged. Changes nothing but for two handfuls of keys that are removed at once.
 *
 * @param env the environment that the API and the workers have, or would have
 * @param root the repository's, where `sluice up` keeps its models and its note
 */
export async function gatherFacts(env: NodeJS.ProcessEnv, root: string): Promise<Facts> {
  const redisUrl = env['REDIS_URL'] || runningCluster(root)?.redisUrl;
  const environment = {
    ...env,
    SLUICE_MODELS: env['SLUICE_MODELS'] || join(root, 'models'),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  };
  const api = orReason(() => compileApiConfig(environment));
  const worker = orReason(() => compileWorkerConfig(environment));
  // What is wrong with one of them keeps nobody from looking at the rest; with both of them nobody knows where Redis is.
  const config = [api, worker].find((outcome) => typeof outcome !== 'string');
  const redis = config ? await gatherRedis(config.redisUrl, config.prefix) : 'REDIS_URL: its settings are not right';
  return {
    settings: { api, worker, unknown: unknownSettings(env) },
    machine: gatherMachine(typeof api === 'string' ? 0 : api.door.maxConnections),
    modelsFolder: await gatherModelsFolder(
      typeof worker === 'string' ? environment.SLUICE_MODELS : worker.modelsFolder,
    ),
    redis,
    cluster: config && typeof redis !== 'string' ? await gatherCluster(config) : 'Redis cannot be asked',
    commands: commandsFor(env, config?.redisUrl, typeof api === 'string' ? undefined : api),
  };
}

function orReason<Outcome>(compile: () => Outcome): Outcome | string {
  try {
    return compile();
  } catch (error) {
    return messageOf(error);
  }
}
