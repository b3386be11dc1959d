import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { inferenceQueue, messageOf, type ErrorBody, type ModelRef, type ServedModel } from '@sluice/contracts';
import { ModelStore, type ServableModel, type StoredModel } from '@sluice/model-store';
import { Logger } from '@sluice/telemetry';
import { AssignedModels } from '../placement/assigned-models.js';
import { ModelRoom } from '../placement/model-room.js';
import { ModelSizes } from '../placement/model-sizes.js';
import { FailedLoads } from './failed-loads.js';
import { ModelHost } from './model-host.js';
import { ModelLoader } from './model-loader.js';
import { RegisteredVersions } from './registered-versions.js';
import { WantedVersions } from './wanted-versions.js';

/**
 * Loads and unloads the models of this worker beside the running loops. A version that fails takes nothing with it, and
 * one that cannot be loaded anew goes on as it was.
 *
 * Of a model that the registry knows it loads the live version, where no predecessor serves. The candidate and the
 * successor of what serves are introduced (`Introductions`); what goes out of service leaves by itself (`Retirements`).
 *
 * A worker with a memory budget loads no more than is assigned to it; of the rest it tells that they are available.
 */
@Injectable()
export class ModelKeeper {
  private readonly failed: FailedLoads;

  constructor(
    private readonly store: ModelStore,
    private readonly host: ModelHost,
    private readonly loader: ModelLoader,
    private readonly registered: RegisteredVersions,
    private readonly wanted: WantedVersions,
    private readonly assigned: AssignedModels,
    private readonly sizes: ModelSizes,
    private readonly room: ModelRoom,
    private readonly logger: Logger,
    clock: Clock,
  ) {
    this.failed = new FailedLoads(clock);
  }

  /**
   * Looks what the store has.
   * @returns names of models
   * @throws SluiceError model_unavailable when the store cannot be read
   */
  async discover(): Promise<string[]> {
    const stored = (await this.store.list()).filter((each) => this.isServed(each));
    for (const each of stored) {
      const { ref } = each;
      if (this.host.reportOf(ref) || this.registered.roleOf(ref) === 'candidate') continue;
      if (each.fault !== undefined || this.wanted.serves(ref, false)) this.host.tell({ ...ref, state: 'loading' });
      else this.tellAvailable(each);
    }
    const names = [...stored.map(({ ref }) => ref), ...this.registered.all()].map(({ model }) => model);
    return [...new Set(names)];
  }

  /**
   * Names of the models that are not as assigned or registered, those first that shall leave: what they take is needed for
   * the others. What could not be loaded is left alone, but for a live version, from time to time.
   */
  misplaced(): string[] {
    const leaving = this.host.hostedModels().filter(({ ref }) => {
      const role = this.registered.roleOf(ref);
      return (role === 'unmanaged' || role === 'live') && !this.wanted.serves(ref, true);
    });
    const coming = this.host.report().filter((each) => each.state === 'available' && this.mayLoad(each));
    const live = this.registered.live().filter((ref) => {
      const state = this.host.reportOf(ref)?.state;
      return (state === undefined || state === 'unavailable') && this.failed.isDue(ref) && this.mayLoad(ref);
    });
    return [...new Set([...leaving.map(({ ref }) => ref), ...coming, ...live].map(({ model }) => model))];
  }

  /**
   * Serves the versions that the store has and that are assigned to this worker, those that changed anew, and no others.
   * Resolves when those that were assigned to it before are released.
   * @returns why versions could not be loaded
   * @throws SluiceError model_not_found, model_unavailable (the store cannot be read): what is served stays
   */
  async load(model: string): Promise<ErrorBody[]> {
    const versions = await this.versionsToServe(model);
    if (versions.length === 0)
      return [{ code: 'model_not_found', message: `there is no model ${model} in the worker's folder of models` }];
    const faults: ErrorBody[] = [];
    for (const version of versions) {
      const isHosted = this.host.find(version.ref) !== undefined;
      // The registry may have taken it out of service while others were loaded.
      if (!isHosted && !this.isServed(version)) continue;
      if (!isHosted && this.isIntroduced(version.ref)) this.tellOfCandidate(version);
      // Of what cannot be loaded the fault is told in the same way.
      else if (version.fault !== undefined || this.wanted.serves(version.ref, isHosted))
        faults.push(...(await this.loadVersion(version)));
      else await this.putAside(version);
    }
    const served = new Set(versions.flatMap((each) => (this.isServed(each) ? inferenceQueue(each.ref) : [])));
    for (const report of this.host.reportsOf(model)) {
      // What the registry has taken out of service leaves in its own time.
      const isLeaving = report.state === 'unloading' || (this.host.find(report) && this.registered.of(model));
      if (!served.has(inferenceQueue(report)) && !isLeaving) void this.host.dismiss(report);
    }
    return faults;
  }

  /** Resolves when what was served of the model has been finished and released. */
  async unload(model: string): Promise<void> {
    const versions = this.host.reportsOf(model);
    const retired = versions.map((report) => this.host.withdraw(report));
    for (const { version } of versions) this.host.tell({ model, version, state: 'unloading' });
    await Promise.all(retired.map((hosted) => this.loader.retire(hosted)));
    for (const { version } of versions) this.host.tell({ model, version, state: 'unavailable', reason: 'unloaded' });
  }

  /** With the live version in any case, if only to tell that it is nowhere. */
  private async versionsToServe(model: string): Promise<StoredModel[]> {
    const stored = (await this.store.list(model)).filter((each) => this.isServed(each));
    const live = this.registered.of(model)?.live;
    if (live === undefined || stored.some(({ ref }) => ref.version === live)) return stored;
    const fault = `neither the folder of models nor the model store has version ${live}, which is live: push it again`;
    return [...stored, { ref: { model, version: live }, fault }];
  }

  private isServed({ ref, isPushed = false }: StoredModel): boolean {
    const role = this.registered.roleOf(ref);
    return role === 'live' || role === 'candidate' || (role === 'unmanaged' && !isPushed);
  }

  /** Beside a version that serves: others see to it that it does not take that one's place unproven. */
  private isIntroduced(ref: ModelRef): boolean {
    const role = this.registered.roleOf(ref);
    return role === 'candidate' || (role === 'live' && this.hasPredecessor(ref));
  }

  private hasPredecessor({ model, version }: ModelRef): boolean {
    const roles = new Set(this.host.hostedOf(model).map(({ ref }) => this.registered.roleOf(ref)));
    // Where both did not fit, the candidate has taken the place of the live version.
    return roles.has('retired') || (roles.has('candidate') && !this.room.isThere({ model, version }));
  }

  private mayLoad(ref: ModelRef): boolean {
    return this.wanted.serves(ref, false) && !this.isIntroduced(ref);
  }

  /** So that the coordinator can assign it. */
  private tellOfCandidate(version: StoredModel): void {
    if (this.assigned.isLimited && version.fault === undefined) this.tellAvailable(version);
  }

  private async putAside(stored: ServableModel): Promise<void> {
    const hosted = this.host.withdraw(stored.ref);
    if (hosted) this.host.tell({ ...stored.ref, state: 'unloading', onDemand: true });
    await this.loader.retire(hosted);
    this.tellAvailable(stored, hosted?.serving);
  }

  private tellAvailable(stored: ServableModel, serving?: ServedModel): void {
    const { ref } = stored;
    const before = this.host.reportOf(ref);
    const known = serving ?? (before?.state === 'available' ? before.serving : undefined);
    const reason = this.sizes.whyTooLarge(stored);
    this.host.tell({
      ...ref,
      ...(reason === undefined ? { state: 'available', serving: known } : { state: 'unavailable', reason }),
    });
  }

  private async loadVersion(stored: StoredModel): Promise<ErrorBody[]> {
    const { ref } = stored;
    const before = this.host.find(ref);
    if (stored.fault === undefined && before?.fingerprint === stored.fingerprint) return [];
    if (!before) this.host.tell({ ...ref, state: 'loading', ...(this.assigned.isLimited && { onDemand: true }) });
    if (this.registered.roleOf(ref) === 'live') this.assigned.keep(ref);
    try {
      if (stored.fault !== undefined) throw new Error(stored.fault);
      this.host.enter(await this.loader.open(stored));
      this.failed.forget(ref);
      return [];
    } catch (error) {
      const reason = messageOf(error);
      this.failed.note(ref);
      this.logger.error({ ...ref, reason, keepsServing: before !== undefined }, 'model_unavailable');
      if (!before) {
        this.assigned.letGo(ref);
        this.host.tell({ ...ref, state: 'unavailable', reason });
      }
      return [{ code: 'model_unavailable', message: `version ${ref.version}: ${reason}` }];
    }
  }
}
