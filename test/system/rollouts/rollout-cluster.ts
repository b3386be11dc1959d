import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RedisCluster, type WorkerReport } from '@sluice/cluster';
import { MODEL_UPDATE_QUEUE, type Rollout } from '@sluice/contracts';
import { BullMqJobQueue } from '@sluice/job-queue';
import { LocalCluster, type ClusterProcess } from '@sluice/local-cluster';
import { RedisModelRegistry, RedisRolloutBook } from '@sluice/model-registry';
import { startRedis, type TestRedis } from '@sluice/testing';
import { ScriptedModels } from '../fixtures/scripted-models.js';
import type { VersionFiles } from '../fixtures/model-versions.js';

export const MODEL = 'sum';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What death is noticed by, sooner than usual. */
const IMPATIENT = { SLUICE_LEASE_MS: '900', SLUICE_PRESENCE_MS: '900' };
const PREFIX = 'bull';
const POLL_MS = 10;
const AFTER_REFUSAL_MS = 100;

export type Strategy = Readonly<Record<string, unknown>>;

/** A cluster whose rollouts are watched from outside: by what stands in Redis, whoever of it is alive. */
export class RolloutCluster {
  /** The latest version of each model. */
  private readonly pushed = new Map<string, number>();

  private constructor(
    readonly redis: TestRedis,
    readonly processes: LocalCluster,
    private readonly models: ScriptedModels,
    readonly book: RedisRolloutBook,
    readonly registry: RedisModelRegistry,
    private readonly members: RedisCluster,
    private readonly queue: BullMqJobQueue,
  ) {}

  /** Of `MODEL`, whose version 1 is in the workers' folder. @param config and `fixedMs`: of that */
  static async start(
    workers: number,
    environment: Readonly<Record<string, string>> = {},
    config: Readonly<Record<string, unknown>> = {},
    fixedMs = 4,
  ): Promise<RolloutCluster> {
    const redis = await startRedis({ durable: true });
    const models = new ScriptedModels().add(MODEL, { fixedMs }, config);
    const processes = await LocalCluster.start({
      root: ROOT,
      redisUrl: redis.url,
      models: models.folder,
      workers,
      environment: { SLUICE_PROFILE: 'auto', ...IMPATIENT, ...environment },
    });
    const parts = { redisUrl: redis.url, prefix: PREFIX, onError: () => {} };
    const book = new RedisRolloutBook(parts);
    const registry = new RedisModelRegistry(parts);
    const members = new RedisCluster({ ...parts, presenceMs: 900 });
    const queue = new BullMqJobQueue({ ...parts, settings: QUEUE_SETTINGS });
    await Promise.all([book.start(), registry.start(), members.start(), queue.start()]);
    return new RolloutCluster(redis, processes, models, book, registry, members, queue);
  }

  /** Of the API that was started last: those before it were ended. */
  get url(): string {
    return this.processes.url(this.processes.apis.length - 1);
  }

  /** @returns its number */
  async push({ files, config }: VersionFiles, model = MODEL): Promise<string> {
    const form = new FormData();
    for (const [path, bytes] of Object.entries(files)) form.set(path, new Blob([Uint8Array.from(bytes)]), path);
    form.set('config', JSON.stringify(config));
    // By itself the API answers the same content with the version that has it.
    const pushed = (this.pushed.get(model) ?? (model === MODEL ? 1 : 0)) + 1;
    this.pushed.set(model, pushed);
    form.set('version', String(pushed));
    return (await this.ask<{ version: string }>(`/models/${model}/versions`, form)).version;
  }

  /** Of a file of a version that was pushed. */
  async digestOf(model: string, version: string, path: string): Promise<string> {
    const response = await fetch(`${this.url}/models/${model}`);
    const { pushed } = (await response.json()) as {
      pushed: { version: string; files: { path: string; digest: string }[] }[];
    };
    const file = pushed.find((each) => each.version === version)?.files.find((each) => each.path === path);
    if (!file) throw new Error(`version ${version} of ${model} has no ${path}`);
    return file.digest;
  }

  /** @returns the rollout's id */
  async begin(version: string, strategy: Strategy = {}, model = MODEL): Promise<string> {
    return (await this.ask<{ id: string }>(`/models/${model}/rollouts`, { version, strategy })).id;
  }

  async instruct(id: string, instruction: 'promote' | 'rollback' | 'pause' | 'resume'): Promise<void> {
    await this.ask(`/models/${MODEL}/rollouts/${id}/${instruction}`, {});
  }

  async rollout(id: string): Promise<Rollout> {
    const rollout = await this.book.get(id);
    if (!rollout) throw new Error(`there is no rollout ${id}`);
    return rollout;
  }

  /** Resolves with the rollout when it has ended. */
  async ended(id: string, withinMs = 60_000): Promise<Rollout> {
    const rollout = await this.until(
      () => this.rollout(id),
      ({ endedAt }) => endedAt !== undefined,
      withinMs,
    );
    return rollout;
  }

  /** Resolves as soon as a condition holds for the rollout and for what the workers tell. */
  async seen(id: string, holds: (rollout: Rollout, workers: readonly WorkerReport[]) => boolean): Promise<Rollout> {
    const [rollout] = await this.until(
      () => Promise.all([this.rollout(id), this.members.workers()]),
      ([one, workers]) => {
        if (one.endedAt !== undefined && !holds(one, workers))
          throw new Error(`it ended as ${one.phase} before that was seen: ${JSON.stringify(one.events.slice(-5))}`);
        return holds(one, workers);
      },
      60_000,
    );
    return rollout;
  }

  /** The worker that does a job of the rollout for the fleet. */
  async holderOf({ stages, phase }: Rollout): Promise<string | undefined> {
    const jobId = phase === 'verify' || phase === 'sandbox' || phase === 'golden' ? stages[phase]?.jobId : undefined;
    if (jobId === undefined) return undefined;
    const [job] = await this.queue.describe(MODEL_UPDATE_QUEUE, [jobId]);
    return job?.state === 'active' ? job.holder : undefined;
  }

  workers(): Promise<WorkerReport[]> {
    return this.members.workers();
  }

  /** The worker that decides what a rollout does next. */
  async controller(): Promise<string | undefined> {
    const serving = (await this.members.workers()).filter(({ state }) => state !== 'draining');
    return serving.map(({ id }) => id).toSorted()[0];
  }

  processOf(workerId: string | undefined): ClusterProcess {
    const process = this.processes.workers.find(({ name }) => workerId?.startsWith(`${name}.`));
    if (!process) throw new Error(`there is no worker ${workerId}`);
    return process;
  }

  /** When the registry's state of the model was changed last, in ms since the epoch. */
  async changedAt(): Promise<number> {
    const [latest] = await this.registry.history(MODEL);
    return latest?.at ?? 0;
  }

  /** Resolves when all of so many workers serve what the registry says, and nothing else of the model. */
  async agreed(workers: number, withinMs: number): Promise<void> {
    await this.until(
      () => Promise.all([this.registry.model(MODEL), this.members.workers()]),
      ([{ live, candidate }, reports]) => {
        const right = reports.filter(({ state, models }) => {
          const held = models.filter(({ model, state: is }) => model === MODEL && is !== 'available');
          return state === 'serving' && held.every((each) => each.version === live && each.state === 'ready');
        });
        return candidate === undefined && right.length === workers && reports.length === workers;
      },
      withinMs,
    );
  }

  async stop(): Promise<void> {
    await Promise.all([this.book.stop(), this.registry.stop(), this.members.stop(), this.queue.stop()]);
    await this.processes.stop();
    await this.redis.stop();
    this.models.remove();
  }

  /** Again and again until somebody answers, as whoever pushes would. */
  private async ask<T>(path: string, body: FormData | object): Promise<T> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const form = body instanceof FormData ? body : JSON.stringify(body);
      const response = await fetch(this.url + path, { method: 'POST', body: form }).catch(() => undefined);
      if (response?.ok) return (await response.json()) as T;
      const isDown = response === undefined || response.status === 503;
      if (!isDown || performance.now() > deadline)
        throw new Error(`${path}: ${response?.status} ${await response?.text()}`);
      await delay(AFTER_REFUSAL_MS);
    }
  }

  /** While Redis is away there is nothing to see. */
  private async until<T>(look: () => Promise<T>, holds: (seen: T) => boolean, withinMs: number): Promise<T> {
    const deadline = performance.now() + withinMs;
    let last: T | undefined;
    for (;;) {
      const seen = await inTime(look());
      if (seen !== undefined && holds(seen)) return seen;
      last = seen ?? last;
      if (performance.now() > deadline)
        throw new Error(`not seen within ${withinMs} ms, but: ${JSON.stringify(last)?.slice(0, 4_000)}`);
      await delay(POLL_MS);
    }
  }
}

/** What is bounded here is nobody's matter in a test that looks on. */
const QUEUE_SETTINGS = {
  leaseMs: 900,
  maxPayloadBytes: 1_000_000,
  maxResultBytes: 1_000_000,
  maxWaiting: 100_000,
  maxWaitingBytes: 1_000_000_000,
  keepResultsMs: 60_000,
  keepAtMostMs: 60_000,
  maxKeptJobs: 10_000,
  maxKeptBytes: 1_000_000_000,
};

async function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise.catch(rethrowOwn), delay(1_000)]) as Promise<T | undefined>;
}

function rethrowOwn(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('it ended as')) throw error;
  return undefined;
}
