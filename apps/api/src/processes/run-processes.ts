import type { Logger } from '@sluice/telemetry';
import { BudgetKeeper } from '../door/budget-keeper.js';
import { ApiProcesses } from './api-processes.js';

/** Several processes on one address, until this one is asked to end. @throws Error when they do not start */
export async function runProcesses(count: number, logger: Logger): Promise<void> {
  const budgets = new BudgetKeeper();
  const processes = new ApiProcesses(count, logger, (worker) => budgets.serve(worker));
  const stop = () => void processes.stop().then((inOrder) => process.exit(inOrder ? 0 : 1));
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    await processes.start();
  } catch (error) {
    await processes.stop();
    throw error;
  }
  logger.info({ processes: count }, 'api_processes_listening');
}
