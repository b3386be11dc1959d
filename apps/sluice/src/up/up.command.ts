import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unknownSettings } from '@sluice/config';
import { locateRedis } from '@sluice/embedded-redis';
import type { Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { planCluster } from './cluster-plan.js';
import { acquireInstanceLock } from './instance-lock.js';
import { assertPortIsFree } from './port-check.js';
import { runCluster } from './run-cluster.js';

/** The repository's root, from dist/apps/sluice/src/up. */
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

export const upCommand: Command = {
  summary: 'run a cluster on this machine (Redis, an API, workers) until Ctrl-C',
  run: async (args) => {
    rejectArguments(args);
    // When the terminal is closed we still have a cluster to stop, with nobody to tell.
    process.stdout.on('error', () => {});

    const { env } = process;
    const plan = planCluster(env, { root: ROOT, cores: availableParallelism() });
    for (const fault of unknownSettings(env)) process.stdout.write(`  ! ${fault}\n`);
    const unlock = acquireInstanceLock(join(ROOT, '.sluice', 'up.lock'));
    try {
      await assertPortIsFree(plan.host, plan.port);
      const redis = plan.redisUrl === undefined ? locateRedis(ROOT) : undefined;
      if (plan.redisUrl === undefined && !redis)
        throw new UsageError('no Redis server on this machine; this finds or installs one:  node scripts/set-up.mjs');
      return await runCluster({ root: ROOT, plan, redis, watchParent: env['npm_lifecycle_event'] !== undefined });
    } finally {
      unlock();
    }
  },
};

function rejectArguments(args: readonly string[]): void {
  try {
    parseArgs({ args: [...args], options: {}, strict: true });
  } catch (error) {
    throw new UsageError(`\`up\` takes no arguments; PORT, SLUICE_WORKERS and REDIS_URL set it up`, { cause: error });
  }
}
