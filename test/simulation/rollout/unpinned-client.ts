import { InMemoryCluster } from '@sluice/cluster';
import { decodeResult, inferenceQueue } from '@sluice/contracts';
import { JobIds, type JobQueue, type Outcome } from '@sluice/job-queue';
import { InMemoryModelRegistry, unregistered, type RegisteredModel } from '@sluice/model-registry';
import type { SimulatedProcess } from '@sluice/testing';
import type { RolledWorld } from './rolled-worker.js';
import { MODEL, requestFor } from './versions.js';

const SEND_EVERY_MS = 12;
const LOOK_EVERY_MS = 1_000;
const PATIENCE_MS = 120_000;

export interface Answer {
  readonly number: number;
  readonly sentAt: number;
  /** The version that has answered. */
  readonly version: string;
}

interface Sent {
  readonly number: number;
  readonly version: string;
  readonly sentAt: number;
}

/** Clients that name no version, and the API that chooses one: the candidate for its share, once a worker has it ready. */
export class UnpinnedClient {
  readonly answers: Answer[] = [];
  readonly faults: string[] = [];
  private readonly process: SimulatedProcess;
  private readonly queue: JobQueue;
  private readonly cluster: InMemoryCluster;
  private readonly registry: InMemoryModelRegistry;
  private readonly ids: JobIds;
  private readonly random: () => number;
  private readonly isDeaf: boolean;
  private readonly waiting = new Map<string, Sent>();
  private desired: RegisteredModel = unregistered(MODEL);
  private isReady = false;
  private numbers = 0;
  private isSending = true;

  constructor({ clock, queue, hub, registryHub, random, plants }: RolledWorld) {
    this.isDeaf = plants.isApiDeaf ?? false;
    this.process = clock.process('api');
    this.queue = queue.beside(this.process);
    this.cluster = new InMemoryCluster(hub, this.process, 3_000);
    this.registry = new InMemoryModelRegistry(registryHub, this.process, 'api');
    this.ids = new JobIds(() => queue.now(), random);
    this.random = random;
  }

  get isDone(): boolean {
    return !this.isSending && this.waiting.size === 0;
  }

  async start(): Promise<void> {
    await this.queue.listenForReplies(
      'api',
      (replies) => {
        for (const { jobId, outcome } of replies) this.end(jobId, outcome);
      },
      () => {},
    );
    await this.registry.watch((models) => {
      if (!this.isDeaf || this.desired.live === undefined) this.desired = models.get(MODEL) ?? this.desired;
    });
    this.process.every(SEND_EVERY_MS, () => void this.send());
    this.process.every(LOOK_EVERY_MS / 4, () => void this.readWorkers());
    this.process.every(LOOK_EVERY_MS, () => void this.repair());
  }

  finish(): void {
    this.isSending = false;
  }

  private async readWorkers(): Promise<void> {
    const workers = await this.cluster.workers();
    const isCandidate = ({ version, state }: { version: string; state: string }) =>
      version === this.desired.candidate && state === 'ready';
    this.isReady = workers.some(({ models }) => models.some(isCandidate));
  }

  private async send(): Promise<void> {
    const { live, candidate, canaryPercent } = this.desired;
    if (!this.isSending || live === undefined) return;
    const isCandidate = candidate !== undefined && this.isReady && 100 * this.random() < canaryPercent;
    const version = isCandidate ? candidate : live;
    const id = this.ids.next();
    const number = ++this.numbers;
    const sentAt = this.queue.now();
    this.waiting.set(id, { number, version, sentAt });
    const payload = requestFor(version, number);
    const expiresAt = sentAt + PATIENCE_MS;
    await this.queue.enqueue(inferenceQueue({ model: MODEL, version }), [
      { id, label: {}, replyTo: 'api', priority: 1, expiresAt, payload },
    ]);
  }

  /** Replies may be lost; what came of a job is kept. */
  private async repair(): Promise<void> {
    for (const [id, { version, sentAt }] of this.waiting) {
      if (this.queue.now() - sentAt < LOOK_EVERY_MS) continue;
      const [status] = await this.queue.inspect(inferenceQueue({ model: MODEL, version }), [id]);
      if (status?.state === 'ended') this.end(id, status.outcome);
      if (status?.state === 'gone' && this.waiting.has(id)) this.faults.push(`job ${id} is lost`);
    }
  }

  private end(jobId: string, outcome: Outcome): void {
    const sent = this.waiting.get(jobId);
    if (!sent) return;
    this.waiting.delete(jobId);
    const { number, sentAt, version } = sent;
    if (!outcome.ok) {
      this.faults.push(`request ${number} to version ${version} failed: ${outcome.error.message}`);
      return;
    }
    const result = decodeResult(outcome.result);
    const value = new Int32Array(Uint8Array.from(result.outputs[0]?.bytes ?? []).buffer)[0];
    if (value !== number) this.faults.push(`request ${number} got the answer of ${value}`);
    this.answers.push({ number, sentAt, version: result.version ?? version });
  }
}
