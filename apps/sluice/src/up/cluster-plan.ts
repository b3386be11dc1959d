import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { PlannedWorker } from './planned-worker.js';

/** What a local cluster consists of; decided before anything starts. */
export interface ClusterPlan {
  readonly host: string;
  readonly port: number;
  /** The API serves HTTPS. */
  readonly isTls: boolean;
  /** A Redis that runs already; otherwise the cluster brings its own. */
  readonly redisUrl: string | undefined;
  readonly workers: readonly PlannedWorker[];
  readonly environment: ChildEnvironment;
}

/** The environment of the cluster's processes, which depends on where Redis came to listen. */
export interface ChildEnvironment {
  api(redisUrl: string): NodeJS.ProcessEnv;
  worker(worker: PlannedWorker, redisUrl: string): NodeJS.ProcessEnv;
}

/**
 * @param env the environment that `npm start` was given
 * @throws UsageError that names the variable
 */
export function planCluster(
  env: NodeJS.ProcessEnv,
  { root, workers }: { readonly root: string; readonly workers: readonly PlannedWorker[] },
): ClusterPlan {
  const host = env['SLUICE_HOST'] || '127.0.0.1';
  const port = readPort(env['PORT']);
  const shared = {
    ...env,
    SLUICE_HOST: host,
    SLUICE_MODELS: env['SLUICE_MODELS'] || join(root, 'models'),
    SLUICE_STORE: env['SLUICE_STORE'] || join(root, '.sluice', 'store'),
  };
  return {
    host,
    port,
    isTls: Boolean(env['SLUICE_TLS_CERT']),
    redisUrl: env['REDIS_URL'] || undefined,
    workers,
    environment: {
      api: (redisUrl) => ({ ...shared, REDIS_URL: redisUrl, PORT: String(port) }),
      worker: ({ name, threads, device }, redisUrl) => ({
        ...shared,
        ...(device !== undefined && deviceEnvironment(device)),
        REDIS_URL: redisUrl,
        // The API's: a worker listens to nobody.
        PORT: undefined,
        SLUICE_WORKER_NAME: name,
        SLUICE_INTRA_OP_THREADS: env['SLUICE_INTRA_OP_THREADS'] || String(threads),
        // glibc gives the memory of a released model back to the system only when told to.
        MALLOC_TRIM_THRESHOLD_: env['MALLOC_TRIM_THRESHOLD_'] ?? '131072',
      }),
    },
  };
}

/** CUDA counts the fastest GPU first unless told to count as nvidia-smi does, by which the devices were chosen. */
function deviceEnvironment(device: string): NodeJS.ProcessEnv {
  const isNvidia = /^(cuda|tensorrt)\b/.test(device);
  return { SLUICE_DEVICE: device, ...(isNvidia && { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }) };
}

/** Not 0, which the API alone would take: we have to know where it is. */
function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return 3000;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`PORT is \`${text}\`: it must be a whole number from 1 to 65535`);
  return port;
}
