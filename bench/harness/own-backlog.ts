import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeResult, encodeRequest, type InferenceRequest } from '@sluice/contracts';
import { BullMqJobQueue, JobIds, type JobQueue } from '@sluice/job-queue';
import { askRedis } from './redis-command.js';
import { GENEROUS_SETTINGS } from './queue-settings.js';
import type { BenchRun } from './scenario.js';
import type { Stage } from './stage.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const POLL_MS = 20;
const POLL_TAKEN_MS = 2;
const CHUNK = 500;
/** Nobody waits for the replies: what came of a job is read from the queue. */
const NO_REPLY = '';

/** A request of a model that sums up its rows, and the sums. */
export interface SumJob {
  readonly request: InferenceRequest;
  readonly sums: readonly number[];
}

/** Jobs of a sum model that are put into a queue by hand, past the API, which would spread them. */
export class OwnBacklog {
  private readonly ids: JobIds;
  private waiting: readonly { readonly id: string; readonly sums: readonly number[] }[] = [];

  private constructor(
    private readonly jobs: JobQueue,
    private readonly redis: URL,
    private readonly queue: string,
  ) {
    this.ids = new JobIds(
      () => this.jobs.now(),
      () => randomInt(2 ** 32) / 2 ** 32,
    );
  }

  static async open(bench: BenchRun, stage: Stage, queue: string): Promise<OwnBacklog> {
    const onError = (error: Error) => bench.tell(`backlog: ${error.message}`);
    const jobs = new BullMqJobQueue({
      redisUrl: stage.redisUrl.href,
      prefix: 'bull',
      settings: GENEROUS_SETTINGS,
      onError,
    });
    await jobs.start();
    bench.cleanups.defer(() => jobs.stop());
    return new OwnBacklog(jobs, stage.redisUrl, queue);
  }

  /** Resolves when all of them are in the queue. The first is the first to expire: it is also the first to run. */
  async put(requested: readonly SumJob[]): Promise<void> {
    const expiresAt = this.jobs.now() + DAY_MS;
    const jobs = requested.map(({ request }, index) => {
      const { model, version } = request;
      const job = { label: { model, version }, replyTo: NO_REPLY, priority: 1, payload: encodeRequest(request) };
      return { ...job, id: this.ids.next(), expiresAt: expiresAt + index };
    });
    for (let at = 0; at < jobs.length; at += CHUNK) await this.jobs.enqueue(this.queue, jobs.slice(at, at + CHUNK));
    this.waiting = jobs.map(({ id }, index) => ({ id, sums: requested[index]!.sums }));
  }

  /** Resolves when workers hold all of them, or have ended them. */
  async taken(): Promise<void> {
    while ((await this.jobs.counts(this.queue)).waiting > 0) await delay(POLL_TAKEN_MS);
  }

  /**
   * @returns when the last of them was settled: milliseconds since the epoch, by Redis' clock
   * @throws Error when the result of one is missing, or wrong
   */
  async settled(): Promise<number> {
    for (;;) {
      const { waiting, active } = await this.jobs.counts(this.queue);
      if (waiting + active === 0) break;
      await delay(POLL_MS);
    }
    const settledAt = await this.lastEventAt();
    const statuses = await this.jobs.inspect(
      this.queue,
      this.waiting.map(({ id }) => id),
    );
    for (const [index, { id, sums }] of this.waiting.entries()) {
      const status = statuses[index];
      const answer = status?.state === 'ended' && status.outcome.ok ? sumsIn(status.outcome.result) : status;
      if (JSON.stringify(answer) !== JSON.stringify(sums))
        throw new Error(`job ${id} should come to ${sums.join()}, and came to ${JSON.stringify(answer)}`);
    }
    return settledAt;
  }

  /** Of the record that BullMQ keeps: nothing happens to a job after it was settled. */
  private async lastEventAt(): Promise<number> {
    const reply = await askRedis(this.redis, 'XREVRANGE', `bull:${this.queue}:events`, '+', '-', 'COUNT', '1');
    const [, at] = /\r\n(\d{13})-\d+\r\n/.exec(reply) ?? [];
    if (at === undefined) throw new Error(`the queue ${this.queue} has no events`);
    return Number(at);
  }
}

/** So many of one row, each with another sum. */
export function sumJobs(model: string, count: number): SumJob[] {
  return Array.from({ length: count }, (_, index) => sumJob(model, [[index, 1, 2, 3]]));
}

/** @param rows all of one length */
export function sumJob(model: string, rows: readonly (readonly number[])[]): SumJob {
  const bytes = new Uint8Array(Float32Array.from(rows.flat()).buffer);
  const shape = [rows.length, rows[0]?.length ?? 0];
  const inputs = [{ name: 'x', datatype: 'FP32', shape, bytes }] as const;
  const sums = rows.map((row) => row.reduce((sum, value) => sum + value));
  return { request: { model, version: '1', rows: rows.length, inputs, outputs: ['y'] }, sums };
}

function sumsIn(result: Uint8Array): number[] {
  const [output] = decodeResult(result).outputs;
  return output ? [...new Float32Array(Uint8Array.from(output.bytes).buffer)] : [];
}
