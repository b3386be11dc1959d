import 'reflect-metadata';
import cluster from 'node:cluster';
import { compileApiConfig, unknownSettings } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { stopWithParent } from '@sluice/local-cluster';
import { createLogger } from '@sluice/telemetry';
import { OwnBudgets, type Budgets } from './door/budgets.js';
import { SharedBudgets } from './door/shared-budgets.js';
import { runProcesses } from './processes/run-processes.js';

stopWithParent();
const config = compileApiConfig(process.env);
const logger = createLogger(cluster.worker ? `api-${cluster.worker.id}` : 'api', config.logLevel);
const unknown = cluster.isPrimary ? unknownSettings(process.env) : [];
if (unknown.length > 0) logger.warn({ reason: unknown.join('; ') }, 'unknown_settings');
/** Loaded here: the first of several processes, which answers nothing itself, does without all of it. */
async function serve(budgets: Budgets): Promise<void> {
  const { serveApi } = await import('./serve-api.js');
  await serveApi(config, logger, budgets);
}

try {
  if (!cluster.isPrimary) {
    const budgets = new SharedBudgets((message) => void process.send?.(message));
    process.on('message', (message) => budgets.receive(message));
    await serve(budgets);
  } else if (config.processes > 1) {
    await runProcesses(config.processes, logger);
  } else {
    await serve(new OwnBudgets());
  }
} catch (error) {
  logger.fatal({ reason: messageOf(error) }, 'start_failed');
  process.exit(1);
}
