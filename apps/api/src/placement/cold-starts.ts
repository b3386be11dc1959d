import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { Cluster, type MemoryLoad } from '@sluice/cluster';
import { inferenceQueue, messageOf, SluiceError, type ModelRef } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { coldStart, type ColdRequest } from '@sluice/scheduling';
import { ModelCatalogue, type AvailableModel } from '../models/model-catalogue.js';

/** The coordinator decides every two seconds, on what was told it half a second before. */
const DECISION_MS = 2_500;
/** Longest wait for a model whose signature is asked for, and not for a result. */
const DESCRIBE_MS = 10_000;
/** How long what was read of the cluster serves all requests for cold models. */
const FRESH_MS = 250;
const LOOK_EVERY_MS = 100;
/** A coordinator that has begun since counts from its first look on. */
const ASK_EVERY_MS = 2_000;
/** Models that nobody asks for any more make room after so long. */
const NO_ROOM_RETRY_MS = 10_000 + DECISION_MS;

interface Memory {
  readonly at: number;
  readonly workers: readonly MemoryLoad[];
  readonly noRoom: readonly string[];
}

/**
 * Requests for models that no worker has in memory. One that may wait for the load joins the queue, whose backlog the
 * coordinator sees; the others are refused, told when to come again, and counted, so that the model is there by then.
 * Where nobody knows yet what the model takes, the request is not checked, and waits here until it can be.
 */
@Injectable()
export class ColdStarts {
  private memory: Promise<Memory> | undefined;

  constructor(
    private readonly catalogue: ModelCatalogue,
    private readonly cluster: Cluster,
    private readonly queue: JobQueue,
    private readonly clock: Clock,
  ) {}

  /**
   * The version that serves a request, in memory or not; waits while nobody knows what it takes.
   * @throws SluiceError as `ModelCatalogue.resolve`; model_loading: it is not there after `timeoutMs`, or could not be; redis_unavailable
   */
  async known(model: string, version?: string, timeoutMs = DESCRIBE_MS): Promise<AvailableModel> {
    const until = this.clock.now() + timeoutMs;
    let askedAt = -Infinity;
    for (;;) {
      try {
        return this.catalogue.resolve(model, version);
      } catch (error) {
        const ref = isLoading(error) ? this.catalogue.cold(model, version) : undefined;
        const leftMs = until - this.clock.now();
        if (!ref || leftMs <= 0) throw error;
        await this.admit(ref, leftMs);
        if (this.clock.now() - askedAt >= ASK_EVERY_MS) {
          askedAt = this.clock.now();
          await answered(this.cluster.askFor(inferenceQueue(ref)));
        }
        await this.clock.sleep(Math.min(LOOK_EVERY_MS, leftMs));
      }
    }
  }

  /** Lets a request for a version pass that is in memory, or will be in time. @throws SluiceError model_loading, redis_unavailable */
  async admit(ref: ModelRef, timeoutMs: number): Promise<void> {
    if (!this.catalogue.cold(ref.model, ref.version)) return;
    const queue = inferenceQueue(ref);
    const { workers, noRoom } = await this.look();
    if (noRoom.includes(queue)) {
      const message = `${nameOf(ref)} is not loaded: the models that are asked for fill the memory of all workers (SLUICE_MODEL_MEMORY)`;
      throw await this.refusal(queue, message, NO_ROOM_RETRY_MS);
    }
    const verdict = coldStart({ ...this.loadOf(queue, workers), timeoutMs });
    if (verdict.admit) return;
    const message = `${nameOf(ref)} has to be loaded first, which takes longer than the request may: try again later, or allow more than ${Math.round(timeoutMs)} ms`;
    throw await this.refusal(queue, message, verdict.retryAfterMs);
  }

  private async refusal(queue: string, message: string, retryAfterMs: number): Promise<SluiceError> {
    await answered(this.cluster.askFor(queue));
    return new SluiceError('model_loading', message, { retryAfterMs });
  }

  /** Of the worker that has begun to load it, or of the one that will have to load the fewest before it. */
  private loadOf(queue: string, workers: readonly MemoryLoad[]): Omit<ColdRequest, 'timeoutMs'> {
    const copies = workers.flatMap(({ models }) => models.filter((each) => each.queue === queue));
    const measured = copies.flatMap(({ loadMs }) => loadMs ?? []);
    if (measured.length === 0) return { loadMs: undefined, decisionMs: DECISION_MS, queuedLoads: 0 };
    const loadMs = Math.max(...measured);
    const begun = copies.filter(({ state }) => state === 'loading').map(({ lastUsedAt }) => lastUsedAt);
    if (begun.length > 0) {
      const leftMs = Math.max(0, loadMs - (this.queue.now() - Math.min(...begun)));
      return { loadMs: leftMs, decisionMs: 0, queuedLoads: 0 };
    }
    const loading = workers.map(({ models }) => models.filter(({ state }) => state === 'loading').length);
    return { loadMs, decisionMs: DECISION_MS, queuedLoads: Math.min(...loading) };
  }

  private async look(): Promise<Memory> {
    const latest = await this.memory?.catch(() => undefined);
    if (latest && this.clock.now() - latest.at < FRESH_MS) return latest;
    this.memory = this.read();
    return this.memory;
  }

  private async read(): Promise<Memory> {
    const at = this.clock.now();
    const [loads, assignment] = await answered(Promise.all([this.cluster.loads(), this.cluster.assignment()]));
    return { at, workers: loads.flatMap(({ memory }) => memory ?? []), noRoom: assignment?.noRoom ?? [] };
  }
}

function isLoading(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'model_loading';
}

async function answered<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw new SluiceError('redis_unavailable', `could not read who has which models: ${messageOf(error)}`, {
      cause: error,
    });
  });
}

function nameOf({ model, version }: ModelRef): string {
  return `model ${model} version ${version}`;
}
