import { JobIds, type JobQueue, type NewJob } from '@sluice/job-queue';
import { GENEROUS_SETTINGS } from '../../harness/queue-settings.js';
import { askRedis } from '../../harness/redis-command.js';
import { median } from '../../harness/statistics.js';
import { JOB_QUEUES, type JobQueueName } from './sides.js';

/** For how long the longest script of an operation on a full batch holds Redis: medians of many batches. */
export interface ScriptTimes {
  readonly enqueueMs: number;
  readonly leaseMs: number;
  readonly settleMs: number;
}

const QUEUE = 'inference.script-times.1';
const BATCH = 32;
const PAYLOAD_BYTES = 64;
const MINUTE_MS = 60_000;
/** An entry of SLOWLOG GET as RESP2 has it: after its id and its time come the microseconds, and the command's words. */
const SCRIPT_ENTRY = /:(\d+)\r\n\*\d+\r\n\$\d+\r\n(?:evalsha|eval|fcall)\r\n/gi;

/**
 * Batch after batch on a queue that nobody else knows, with a Redis that has nothing else to do and logs every command
 * with its duration.
 */
export async function measureScripts(redis: URL, name: JobQueueName, batches: number): Promise<ScriptTimes> {
  const queue = JOB_QUEUES[name](redis.href, GENEROUS_SETTINGS);
  await queue.start();
  await askRedis(redis, 'CONFIG', 'SET', 'slowlog-log-slower-than', '0');
  try {
    const times: ScriptTimes[] = [];
    for (let batch = 0; batch < batches; batch++) times.push(await measureBatch(redis, queue));
    return {
      enqueueMs: median(times.map(({ enqueueMs }) => enqueueMs)),
      leaseMs: median(times.map(({ leaseMs }) => leaseMs)),
      settleMs: median(times.map(({ settleMs }) => settleMs)),
    };
  } finally {
    await askRedis(redis, 'CONFIG', 'SET', 'slowlog-log-slower-than', '-1');
    await queue.stop();
  }
}

async function measureBatch(redis: URL, queue: JobQueue): Promise<ScriptTimes> {
  const ids = new JobIds(() => queue.now(), Math.random);
  const expiresAt = queue.now() + MINUTE_MS;
  const jobs = Array.from({ length: BATCH }, (): NewJob => {
    const payload = new Uint8Array(PAYLOAD_BYTES);
    return { id: ids.next(), label: { model: 'bench' }, replyTo: 'bench', priority: 1, expiresAt, payload };
  });
  const [, enqueueMs] = await longestScript(redis, () => queue.enqueue(QUEUE, jobs));
  const [{ jobs: leased }, leaseMs] = await longestScript(redis, () =>
    queue.lease(QUEUE, { holder: 'bench', max: BATCH }),
  );
  if (leased.length !== BATCH) throw new Error(`leased ${leased.length} of ${BATCH} jobs`);
  const [, settleMs] = await longestScript(redis, () =>
    queue.settle(leased.map(({ lease, payload }) => ({ lease, outcome: { ok: true, result: payload } }))),
  );
  return { enqueueMs, leaseMs, settleMs };
}

async function longestScript<T>(redis: URL, act: () => Promise<T>): Promise<[T, number]> {
  await askRedis(redis, 'SLOWLOG', 'RESET');
  const value = await act();
  const log = await askRedis(redis, 'SLOWLOG', 'GET', '1000');
  const durations = [...log.matchAll(SCRIPT_ENTRY)].map(([, us]) => Number(us));
  if (durations.length === 0) throw new Error('no script ran: how does the adapter reach Redis?');
  return [value, Math.max(...durations) / 1000];
}
