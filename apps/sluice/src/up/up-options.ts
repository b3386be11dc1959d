import { parseArgs } from 'node:util';
import { compileUpConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { UsageError } from '../usage-error.js';

export interface UpOptions {
  readonly workers: number | 'auto';
  /** Only say what would be started. */
  readonly isDryRun: boolean;
}

/**
 * `--workers` goes before SLUICE_WORKERS.
 *
 * @param args what follows `up`
 * @throws UsageError that names the option or the variable
 */
export function readUpOptions(args: readonly string[], env: NodeJS.ProcessEnv): UpOptions {
  const { workers, 'dry-run': isDryRun } = parse(args);
  if (workers === undefined) return { workers: workersOf(env), isDryRun };
  try {
    // An empty variable counts as not set; an empty option is a mistake.
    return { workers: workersOf({ SLUICE_WORKERS: workers || 'nothing' }), isDryRun };
  } catch (error) {
    throw new UsageError(`--workers is \`${workers}\`: it must be \`auto\` or a whole number from 1 to 64`, {
      cause: error,
    });
  }
}

function parse(args: readonly string[]) {
  try {
    const options = { workers: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const message = `\`up\` takes --workers <number or auto> and --dry-run; PORT, SLUICE_WORKERS and REDIS_URL set it up: ${messageOf(error)}`;
    throw new UsageError(message, { cause: error });
  }
}

function workersOf(env: NodeJS.ProcessEnv): number | 'auto' {
  try {
    return compileUpConfig(env).workers;
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
