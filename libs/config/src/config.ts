import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { compileDoor, type DoorConfig } from './door-config.js';
import { compileScheduling, type SchedulingConfig } from './scheduling-config.js';
import { redisUrlOf } from './redis-url.js';
import { apiSettings, upSettings, workerSettings } from './settings.js';

/** The environment compiled: what the code behind sees has its final type, and start-up has failed otherwise. */
interface SharedConfig {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly logLevel: string;
  /** Of model versions as content. Absolute. */
  readonly storeFolder: string;
  readonly presenceMs: number;
  /** How often a line of the scheduler's trace is printed; undefined: never. */
  readonly schedTraceMs: number | undefined;
  readonly queue: {
    readonly leaseMs: number;
    readonly maxPayloadBytes: number;
    readonly maxResultBytes: number;
    readonly maxWaiting: number;
    readonly maxWaitingBytes: number;
    readonly keepResultsMs: number;
    readonly keepAtMostMs: number;
    readonly maxKeptJobs: number;
    readonly maxKeptBytes: number;
  };
}

/** An abstract class, so that Nest can inject it. */
export abstract class ApiConfig implements SharedConfig {
  abstract readonly redisUrl: string;
  abstract readonly prefix: string;
  abstract readonly logLevel: string;
  abstract readonly storeFolder: string;
  abstract readonly presenceMs: number;
  abstract readonly schedTraceMs: number | undefined;
  abstract readonly queue: SharedConfig['queue'];
  abstract readonly host: string;
  abstract readonly port: number;
  /** That answer on this address. */
  abstract readonly processes: number;
  abstract readonly requestTimeoutMs: number;
  abstract readonly door: DoorConfig;
  abstract readonly asyncJobs: {
    readonly timeoutMs: number;
    readonly keepResultMs: number;
  };
  abstract readonly limits: {
    readonly maxBodyBytes: number;
    /** Of all files of a version that is pushed. */
    readonly maxModelBytes: number;
    readonly maxElements: number;
    readonly maxInputs: number;
    readonly maxJsonDepth: number;
  };
}

export abstract class WorkerConfig implements SharedConfig {
  abstract readonly redisUrl: string;
  abstract readonly prefix: string;
  abstract readonly logLevel: string;
  abstract readonly storeFolder: string;
  abstract readonly presenceMs: number;
  abstract readonly schedTraceMs: number | undefined;
  abstract readonly queue: SharedConfig['queue'];
  abstract readonly name: string;
  /** Absolute. */
  abstract readonly modelsFolder: string;
  abstract readonly placement: {
    /** Of the models in its memory; undefined: all that there are. */
    readonly budgetBytes: number | undefined;
    readonly minWorkers: number;
  };
  abstract readonly engine: {
    readonly device: string;
    readonly fallback: 'cpu' | 'none';
    readonly intraOpThreads: number;
    readonly allowSpinning: boolean;
  };
  abstract readonly maxBatch: number;
  abstract readonly scheduling: SchedulingConfig;
  /** Whether it takes work from the own queues of workers that live; from those that are gone it always does. */
  abstract readonly isStealing: boolean;
  abstract readonly drainMs: number;
  abstract readonly memoryLimitBytes: number | undefined;
  /** Of the process in which a version is opened for the first time; undefined: as its size suggests. */
  abstract readonly sandbox: { readonly memoryBytes: number | undefined; readonly timeoutMs: number | undefined };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A tensor as raw bytes is never longer than the JSON that it came in, but for short numbers: 8 bytes for "1,". */
const PAYLOAD_BYTES_PER_BODY_BYTE = 4;

/** @throws Error naming each variable that is wrong and what it accepts */
export function compileApiConfig(environment: Environment): ApiConfig {
  const env = parse(apiSettings, environment);
  return {
    ...compileShared(env, env.SLUICE_MAX_BODY_BYTES * PAYLOAD_BYTES_PER_BODY_BYTE),
    host: env.SLUICE_HOST,
    port: env.PORT,
    processes: env.SLUICE_API_PROCESSES === 'auto' ? availableParallelism() : env.SLUICE_API_PROCESSES,
    requestTimeoutMs: env.SLUICE_REQUEST_TIMEOUT_MS,
    door: compileDoor(env),
    asyncJobs: { timeoutMs: env.SLUICE_ASYNC_TIMEOUT_MS, keepResultMs: env.SLUICE_KEEP_ASYNC_RESULTS_MS },
    limits: {
      maxBodyBytes: env.SLUICE_MAX_BODY_BYTES,
      maxModelBytes: env.SLUICE_MAX_MODEL_BYTES,
      maxElements: env.SLUICE_MAX_ELEMENTS,
      maxInputs: env.SLUICE_MAX_INPUTS,
      maxJsonDepth: env.SLUICE_MAX_JSON_DEPTH,
    },
  };
}

/** @throws Error naming each variable that is wrong and what it accepts */
export function compileWorkerConfig(environment: Environment): WorkerConfig {
  const env = parse(workerSettings, environment);
  return {
    ...compileShared(env, Number.MAX_SAFE_INTEGER),
    name: env.SLUICE_WORKER_NAME,
    modelsFolder: resolve(env.SLUICE_MODELS),
    placement: { budgetBytes: env.SLUICE_MODEL_MEMORY, minWorkers: env.SLUICE_MIN_WORKERS_PER_MODEL },
    engine: {
      device: env.SLUICE_DEVICE,
      fallback: env.SLUICE_DEVICE_FALLBACK,
      intraOpThreads: env.SLUICE_INTRA_OP_THREADS ?? availableParallelism(),
      allowSpinning: env.SLUICE_SPINNING,
    },
    maxBatch: env.SLUICE_MAX_BATCH,
    scheduling: compileScheduling(env),
    isStealing: env.SLUICE_STEALING === 'on',
    drainMs: env.SLUICE_DRAIN_MS,
    memoryLimitBytes: env.SLUICE_MEMORY_LIMIT_BYTES,
    sandbox: { memoryBytes: env.SLUICE_SANDBOX_MEMORY_BYTES, timeoutMs: env.SLUICE_SANDBOX_TIMEOUT_MS },
  };
}

/** @throws Error naming each variable that is wrong and what it accepts */
export function compileUpConfig(environment: Environment): { readonly workers: number | 'auto' } {
  return { workers: parse(upSettings, environment).SLUICE_WORKERS };
}

type SharedEnvironment = Pick<
  z.infer<typeof apiSettings>,
  | 'REDIS_URL'
  | 'SLUICE_REDIS_CA'
  | 'SLUICE_PREFIX'
  | 'SLUICE_STORE'
  | 'SLUICE_LOG_LEVEL'
  | 'SCHEDTRACE'
  | 'SLUICE_LEASE_MS'
  | 'SLUICE_PRESENCE_MS'
  | 'SLUICE_MAX_RESULT_BYTES'
  | 'SLUICE_MAX_WAITING'
  | 'SLUICE_MAX_WAITING_BYTES'
  | 'SLUICE_KEEP_RESULTS_MS'
  | 'SLUICE_KEEP_ASYNC_RESULTS_MS'
  | 'SLUICE_MAX_KEPT_JOBS'
  | 'SLUICE_MAX_KEPT_BYTES'
>;

function compileShared(env: SharedEnvironment, maxPayloadBytes: number): SharedConfig {
  return {
    redisUrl: redisUrlOf(env),
    prefix: env.SLUICE_PREFIX,
    logLevel: env.SLUICE_LOG_LEVEL,
    storeFolder: resolve(env.SLUICE_STORE),
    presenceMs: env.SLUICE_PRESENCE_MS,
    schedTraceMs: env.SCHEDTRACE,
    queue: {
      leaseMs: env.SLUICE_LEASE_MS,
      maxPayloadBytes,
      maxResultBytes: env.SLUICE_MAX_RESULT_BYTES,
      maxWaiting: env.SLUICE_MAX_WAITING,
      maxWaitingBytes: env.SLUICE_MAX_WAITING_BYTES,
      keepResultsMs: env.SLUICE_KEEP_RESULTS_MS,
      keepAtMostMs: Math.max(env.SLUICE_KEEP_RESULTS_MS, env.SLUICE_KEEP_ASYNC_RESULTS_MS),
      maxKeptJobs: env.SLUICE_MAX_KEPT_JOBS,
      maxKeptBytes: env.SLUICE_MAX_KEPT_BYTES,
    },
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, environment: Environment): z.infer<Schema> {
  // An empty variable is how compose files and shells say "not set".
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new Error(`the environment is not right (docs/configuration.md lists every setting):\n${faults.join('\n')}`);
}
