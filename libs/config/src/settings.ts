import { z } from 'zod';

/**
 * Every setting of Sluice, one entry each: its variable, what it accepts, its default, what it means.
 * docs/configuration.md is made from these.
 */
const milliseconds = () => z.coerce.number().int().positive();
/** Whole milliseconds in bounds that both are named when it is not. */
const millisecondsFrom = (min: number, max: number) => {
  const expected = `expected whole milliseconds from ${min} to ${max}`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
};
const count = () => z.coerce.number().int().positive();
/** Above 0; without one there is no limit. */
const limit = () => z.coerce.number().positive().default(Infinity);
const PROCESSES = 'expected `auto` or a whole number from 1 to 64';
const processes = () =>
  z.union(
    [z.literal('auto'), z.coerce.number(PROCESSES).int(PROCESSES).min(1, PROCESSES).max(64, PROCESSES)],
    PROCESSES,
  );
/** Scheme, host and perhaps a port, as browsers write it. */
const ORIGIN = /^https?:\/\/[^/?#\\@*\s]+$/;
const flag = () => z.enum(['0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');

const shared = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .default('redis://127.0.0.1:6379')
    .describe('Redis or Valkey, 6.2 or newer: `redis://` or `rediss://`, user and password included'),
  SLUICE_REDIS_CA: z
    .string()
    .optional()
    .describe(
      'File of the authorities that sign the certificate of a `rediss://` server, in PEM; the usual ones by default',
    ),
  SLUICE_PREFIX: z
    .string()
    .regex(/^([\w-]+|\{[\w-]+\})$/)
    .default('bull')
    .describe(
      'Prefix of every key of the queues, as BullMQ uses it; in braces it is a hash tag, which keeps all keys in one slot of a Redis Cluster',
    ),
  SLUICE_STORE: z
    .string()
    .default('.sluice/store')
    .describe(
      'Folder of the versions that were pushed, the same one for the API and all workers, and one in which both may write',
    ),
  SLUICE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe events that are logged'),
  SCHEDTRACE: millisecondsFrom(100, 3_600_000)
    .optional()
    .describe(
      'Prints what the scheduler does every so many milliseconds, one line on stderr each: see docs/scheduling.md',
    ),
  SLUICE_LEASE_MS: milliseconds()
    .default(3_000)
    .describe(
      'How long a worker holds a job without renewing it; recovery from a crash takes at most this and a sweep',
    ),
  SLUICE_PRESENCE_MS: milliseconds()
    .default(3_000)
    .describe('How long a worker counts as alive without being heard of'),
  SLUICE_MAX_RESULT_BYTES: count()
    .default(64 * 1024 * 1024)
    .describe('Largest result of one request, in bytes'),
  SLUICE_KEEP_RESULTS_MS: milliseconds()
    .default(60_000)
    .describe('How long the result of a synchronous request is kept, for callers whose reply got lost'),
  SLUICE_KEEP_ASYNC_RESULTS_MS: milliseconds()
    .default(24 * 60 * 60 * 1000)
    .describe('How long the result of an asynchronous request, and of one with an `Idempotency-Key`, is kept'),
  SLUICE_MAX_KEPT_JOBS: count()
    .default(100_000)
    .describe('Most ended asynchronous jobs that one queue keeps, the oldest are dropped first (synchronous: 10000)'),
  SLUICE_MAX_KEPT_BYTES: count()
    .default(512 * 1024 * 1024)
    .describe('Most bytes of ended jobs that one queue keeps, asynchronous and synchronous each'),
  SLUICE_MAX_WAITING: count()
    .default(10_000)
    .describe('Most jobs that wait in one queue; beyond it requests are refused with 429'),
  SLUICE_MAX_WAITING_BYTES: count()
    .default(1024 * 1024 * 1024)
    .describe('Most bytes of requests that wait in one queue, as far as a sample tells; beyond it they get 429'),
};

export const apiSettings = z.object({
  ...shared,
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('Port of the HTTP API'),
  SLUICE_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that the API binds to; only this machine can reach the default. Others need SLUICE_API_KEYS'),
  SLUICE_PUBLISHED_HOST: z
    .string()
    .optional()
    .describe(
      'In a container: the address of the host that its port is published on. It decides, in place of SLUICE_HOST, whether SLUICE_API_KEYS are needed',
    ),
  SLUICE_API_PROCESSES: processes()
    .default(1)
    .describe(
      'Processes that answer on this one address, each with a core of its own to use; `auto`: as many as there are cores',
    ),
  SLUICE_API_KEYS: z
    .string()
    .optional()
    .describe(
      'Who may come in: `name:role:key` entries, or the path of a file of them (beginning with `/` or `./`), which is read again when it changes',
    ),
  SLUICE_KEY_REQUESTS_PER_SECOND: limit().describe(
    'Most requests a second of one key, for keys that name no limit of their own; of all processes of one API together, as the next two',
  ),
  SLUICE_KEY_CONCURRENCY: limit().describe('Most requests in flight of one key'),
  SLUICE_KEY_QUEUED_BYTES: limit().describe('Most bytes of request bodies in flight of one key'),
  SLUICE_TLS_CERT: z
    .string()
    .optional()
    .describe('File of the certificate, and its chain, in PEM: the API serves HTTPS'),
  SLUICE_TLS_KEY: z.string().optional().describe('File of the private key of SLUICE_TLS_CERT, in PEM'),
  SLUICE_CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.string().regex(ORIGIN, 'expected origins such as https://app.example:8443, separated by commas')))
    .default([])
    .describe('Origins whose pages may use the API, `https://app.example,http://localhost:5173`; none by default'),
  SLUICE_RECEIVE_TIMEOUT_MS: milliseconds()
    .default(30_000)
    .describe('How long a client may take to send a request whole, and to take some of its answer'),
  SLUICE_MAX_CONNECTIONS: count()
    .default(10_000)
    .describe(
      'Most open connections, of which each of SLUICE_API_PROCESSES has its part; further ones are closed at once',
    ),
  SLUICE_REQUEST_TIMEOUT_MS: milliseconds().default(30_000).describe('Deadline of a request that names none'),
  SLUICE_ASYNC_TIMEOUT_MS: milliseconds()
    .default(24 * 60 * 60 * 1000)
    .describe('How long an asynchronous request waits for a worker before it is given up'),
  SLUICE_MAX_BODY_BYTES: count()
    .default(32 * 1024 * 1024)
    .describe('Largest request body, in bytes'),
  SLUICE_MAX_MODEL_BYTES: count()
    .default(16 * 1024 * 1024 * 1024)
    .describe('Largest model version that may be pushed, all of its files together, in bytes'),
  SLUICE_MAX_ELEMENTS: count()
    .default(4_000_000)
    .describe('Most tensor elements in one request, but for raw numbers, which the body bounds'),
  SLUICE_MAX_INPUTS: count().default(64).describe('Most inputs, and most outputs, in one request'),
  SLUICE_MAX_JSON_DEPTH: count().default(32).describe('Deepest nesting of a JSON body'),
});

export const workerSettings = z.object({
  ...shared,
  SLUICE_MODELS: z
    .string()
    .default('models')
    .describe('Folder of the models: `<name>/config.json`, `<name>/<version>/model.onnx`'),
  SLUICE_MODEL_MEMORY: count()
    .optional()
    .describe(
      'Bytes of models that this worker may have in memory: they are loaded when they are asked for, see docs/placement.md. Without it every model of the folder is loaded',
    ),
  SLUICE_MIN_WORKERS_PER_MODEL: count()
    .default(1)
    .describe('Workers that have a model in memory while it is asked for, where SLUICE_MODEL_MEMORY leaves room'),
  SLUICE_DEVICE: z
    .string()
    .default('cpu')
    .describe('Where models run: `cpu`, `cuda:N`, `tensorrt:N`, `webgpu`, `coreml` or `dml`'),
  SLUICE_DEVICE_FALLBACK: z
    .enum(['cpu', 'none'])
    .default('none')
    .describe('`cpu`: run there when the device is not available; `none`: the model is unavailable then'),
  SLUICE_INTRA_OP_THREADS: count().optional().describe('Threads of one run on the CPU; all cores by default'),
  SLUICE_SPINNING: flag()
    .default(false)
    .describe('Let idle threads of the runtime spin: a little faster alone, far slower beside others'),
  SLUICE_SHARE: z
    .string()
    .default('inference:70,model-update:30')
    .describe(
      'Classes of work and their weights: the parts of device time that they get while they all wait. `inference` and `model-update` are there always; a model names another by `share_class` in its config.json',
    ),
  SLUICE_LATENCY_CRITICAL: z
    .string()
    .default('inference')
    .describe('Classes, separated by commas, that may be ahead of their share by SLUICE_SHARE_CREDIT_MS'),
  SLUICE_SHARE_CREDIT_MS: millisecondsFrom(0, 60_000)
    .default(500)
    .describe(
      'Device time by which a latency-critical class may be ahead of its share, so that it need not wait after a lull',
    ),
  SLUICE_SLICE_MS: millisecondsFrom(1, 1_000)
    .default(10)
    .describe('Length of a slice of long work, in milliseconds: inference waits for one of them at most'),
  SLUICE_PROFILE: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('`auto`: a model version without a profile on this kind of device is measured once it is loaded'),
  SLUICE_STEALING: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      '`on`: with nothing else to do it takes work from the own queues of others; `off`: only from those of workers that are gone',
    ),
  SLUICE_RAISE_AFTER_MS: milliseconds()
    .default(5_000)
    .describe('How long a request of a low priority waits before it is raised to the highest'),
  SLUICE_MAX_BATCH: count().default(32).describe('Most rows in one batch; a model may ask for fewer'),
  SLUICE_WORKER_NAME: z
    .string()
    .regex(/^[\w-]+$/)
    .default('worker')
    .describe('Name of the worker in logs and in its id'),
  SLUICE_MEMORY_LIMIT_BYTES: count()
    .optional()
    .describe('Memory of the process beyond which a worker leaves its work to others; without one there is no limit'),
  SLUICE_SANDBOX_MEMORY_BYTES: count()
    .optional()
    .describe(
      'Memory that the process may take in which a new version is opened for the first time; by default a gibibyte and four times its files',
    ),
  SLUICE_SANDBOX_TIMEOUT_MS: milliseconds()
    .optional()
    .describe(
      'Time that opening a new version for the first time may take, not counting what the process waits for a processor; by default a minute and a second more for every 20 MB',
    ),
  SLUICE_DRAIN_MS: milliseconds().default(8_000).describe('Longest wait for the running batch at shutdown'),
});

/** What `sluice up` reads for itself; the rest it hands on to the processes that it starts. */
export const upSettings = z.object({
  SLUICE_WORKERS: processes()
    .default(2)
    .describe(
      'Workers on this machine, which share its cores; `auto`: as many as suit it, bound to their part of it, see docs/hardware.md',
    ),
});
