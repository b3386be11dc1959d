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
const CHUNK = 500;
/** Nobody waits for the replies: what came of a job is read from the queue. */
const NO_REPLY = '';

/** Jobs of the sum model that are put into a queue by hand, past the API, which would spread them. */
export class OwnBacklog {
  private readonly ids: JobIds;
  private waiting: readonly { readonly id: string; readonly sum: number }[] = [];

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

  /** Resolves when all of them are in the queue. */
  async put(model: string, count: number): Promise<void> {
    const expiresAt = this.jobs.now() + DAY_MS;
    const label = { model, version: '1' };
    const jobs = Array.from({ length: count }, (_, index) => {
      const payload = encodeRequest(requestOf(model, index));
      return { id: this.ids.next(), label, replyTo: NO_REPLY, priority: 1, expiresAt, payload };
    });
    for (let at = 0; at < count; at += CHUNK) await this.jobs.enqueue(this.queue, jobs.slice(at, at + CHUNK));
    this.waiting = jobs.map(({ id }, index) => ({ id, sum: sumOf(index) }));
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
    for (const [index, { id, sum }] of this.waiting.entries()) {
      const status = statuses[index];
      const answer = status?.state === 'ended' && status.outcome.ok ? sumIn(status.outcome.result) : status;
      if (answer !== sum) throw new Error(`job ${id} should sum up to ${sum}, and came to ${JSON.stringify(answer)}`);
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

function requestOf(model: string, index: number): InferenceRequest {
  const bytes = new Uint8Array(Float32Array.of(index, 1, 2, 3).buffer);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], bytes }] as const;
  return { model, version: '1', rows: 1, inputs, outputs: ['y'] };
}

function sumOf(index: number): number {
  return index + 1 + 2 + 3;
}

function sumIn(result: Uint8Array): number | undefined {
  const [output] = decodeResult(result).outputs;
  if (!output) return undefined;
  const { buffer, byteOffset, byteLength } = output.bytes;
  return new DataView(buffer, byteOffset, byteLength).getFloat32(0, true);
}
