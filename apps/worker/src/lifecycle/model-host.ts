import { Injectable } from '@nestjs/common';
import { inferenceQueue, MODEL_NAME, sharedQueue, type ModelRef, type ModelReport } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { AssignedModels } from '../placement/assigned-models.js';
import type { HostedModel } from './hosted-model.js';
import { ModelLoader } from './model-loader.js';
import { RegisteredVersions } from './registered-versions.js';

/**
 * The rotation of this worker: which versions run jobs, and what is told of each.
 *
 * - A version is in the rotation from `enter` until `withdraw`, and in none twice: a newer load takes the older one's place.
 * - What has been leased for a version is run by it: what left the rotation is released when nothing is held for it.
 * - Each version is reported in one state; of what is in the rotation that is `ready`.
 */
@Injectable()
export class ModelHost {
  /** By queue, as the reports are. */
  private readonly hosted = new Map<string, HostedModel>();
  private readonly reports = new Map<string, ModelReport>();
  /** Who answers in the queue of a version that is out of service; written by `InheritedQueues` alone. */
  private heirs: ReadonlyMap<string, HostedModel> = new Map();
  private onChange = () => {};

  constructor(
    private readonly loader: ModelLoader,
    private readonly registered: RegisteredVersions,
    private readonly assigned: AssignedModels,
    private readonly logger: Logger,
  ) {}

  /** @param onChange called after every change of `queues` and of the `report` */
  start(onChange: () => void): void {
    this.onChange = onChange;
  }

  /** The versions that can run, in the order in which they became ready. */
  hostedModels(): HostedModel[] {
    return [...this.hosted.values()];
  }

  hostedOf(model: string): HostedModel[] {
    return this.hostedModels().filter(({ ref }) => ref.model === model);
  }

  /** Queues of the versions that can run and belong to a class. */
  queues(shareClass: string): string[] {
    return this.hostedModels().flatMap((model) => (model.shareClass === shareClass ? model.queues : []));
  }

  /** Queues of all versions that it knows of, retired ones too: jobs may lie there whose holder has died. */
  knownQueues(): string[] {
    const told = [...this.reports.values()].filter(({ model }) => MODEL_NAME.test(model)).map(inferenceQueue);
    return [...new Set([...told, ...this.registered.queues()])];
  }

  /** The model whose jobs a queue holds, or who answers them in its place: a shared one, or anybody's own. */
  byQueue(queue: string): HostedModel | undefined {
    const shared = sharedQueue(queue);
    return this.hosted.get(shared) ?? this.heirs.get(shared);
  }

  find(ref: ModelRef): HostedModel | undefined {
    return this.hosted.get(inferenceQueue(ref));
  }

  /** @param heirs by the shared queue of a version that is out of service */
  bequeath(heirs: ReadonlyMap<string, HostedModel>): void {
    this.heirs = heirs;
  }

  /** An engine is opening a file: on some devices nothing else runs meanwhile. */
  get isLoading(): boolean {
    return this.loader.isLoading;
  }

  report(): ModelReport[] {
    return [...this.reports.values()];
  }

  reportOf(ref: ModelRef): ModelReport | undefined {
    return this.reports.get(inferenceQueue(ref));
  }

  reportsOf(model: string): ModelReport[] {
    return this.report().filter((report) => report.model === model);
  }

  tell(report: ModelReport): void {
    this.reports.set(inferenceQueue(report), report);
    this.onChange();
  }

  /** Of a version that is not in the rotation, and that nobody needs to know of any more. */
  forget(ref: ModelRef): void {
    if (this.reports.delete(inferenceQueue(ref))) this.onChange();
  }

  /** Into the rotation, in the place of an older load of the same version. */
  enter(hosted: HostedModel): void {
    const { ref, queue, serving, loadMs } = hosted;
    const before = this.hosted.get(queue);
    this.hosted.set(queue, hosted);
    this.tell({ ...ref, state: 'ready', serving });
    if (before) void this.loader.retire(before);
    const { device, maxBatchSize } = serving;
    this.logger.info({ ...ref, device, maxBatchSize, ms: Math.round(loadMs) }, 'model_ready');
  }

  /** Out of the rotation: nothing is leased for the version after this, but for a lease that is on its way. */
  withdraw(ref: ModelRef): HostedModel | undefined {
    const queue = inferenceQueue(ref);
    const hosted = this.hosted.get(queue);
    this.hosted.delete(queue);
    this.assigned.letGo(ref);
    return hosted;
  }

  /** Out of the rotation and out of the reports. Resolves when it is released. */
  async dismiss(ref: ModelRef): Promise<void> {
    const hosted = this.withdraw(ref);
    if (hosted) this.tell({ ...ref, state: 'unloading' });
    await this.loader.retire(hosted);
    if (!this.find(ref)) this.forget(ref);
  }

  async close(): Promise<void> {
    this.hosted.clear();
    await this.loader.close();
  }
}
