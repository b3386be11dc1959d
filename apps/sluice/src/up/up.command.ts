import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unknownSettings } from '@sluice/config';
import { locateRedis } from '@sluice/embedded-redis';
import type { Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { autoWorkers } from './auto-workers.js';
import { planCluster } from './cluster-plan.js';
import { evenWorkers } from './even-workers.js';
import { acquireInstanceLock } from './instance-lock.js';
import { assertPortIsFree } from './port-check.js';
import { runCluster } from './run-cluster.js';
import { readUpOptions } from './up-options.js';

/** The repository's root, from dist/apps/sluice/src/up. */
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

export const upCommand: Command = {
  summary: 'run a cluster on this machine (Redis, an API, workers) until Ctrl-C (--workers auto, --dry-run)',
  run: async (args) => {
    const { env } = process;
    const { workers, isDryRun } = readUpOptions(args, env);
    // When the terminal is closed we still have a cluster to stop, with nobody to tell.
    process.stdout.on('error', () => {});

    const chosen = workers === 'auto' ? autoWorkers(env) : evenWorkers(workers, availableParallelism());
    const plan = planCluster(env, { root: ROOT, workers: chosen.workers });
    if (workers === 'auto' || isDryRun) process.stdout.write(`\n${chosen.report}`);
    for (const fault of unknownSettings(env)) process.stdout.write(`  ! ${fault}\n`);
    if (isDryRun) return 0;

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
