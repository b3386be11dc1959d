import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { Cluster, type WorkerReport } from '@sluice/cluster';
import { messageOf, SluiceError, type ModelRef, type ModelReport, type ServedModel } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import { DesiredVersions } from '../routing/desired-versions.js';

/** A model version that can be asked for. */
export interface AvailableModel {
  readonly ref: ModelRef;
  readonly serving: ServedModel;
}

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

interface Entry {
  readonly ref: ModelRef;
  /** How it was served when a worker last had it ready. */
  serving: ServedModel | undefined;
  /** By this process' clock; -Infinity: never. */
  readyAt: number;
  /** Why no worker alive has it ready; undefined while one has. */
  notReady: string | undefined;
  /** An operator wishes that nobody serves it. */
  unloaded: boolean;
  /** A worker loads it when it is asked for, or does so now. */
  onDemand: boolean;
  /** That, and none has it ready. */
  cold: boolean;
}

const REFRESH_MS = 500;
/**
 * A model whose workers are all gone is still accepted for this long: they are restarting, and what is queued waits for
 * them. After that a request would only wait for its deadline.
 */
const GRACE_MS = 15_000;
const UNLOADED = 'unloaded';

/** What the cluster serves, from what its workers report. */
@Injectable()
export class ModelCatalogue implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly entries = new Map<string, Map<string, Entry>>();
  private readonly listeners = new Set<(refs: readonly ModelRef[]) => void>();
  private alive: readonly WorkerReport[] = [];
  private timer: Timer | undefined;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly desired: DesiredVersions,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.cluster.start();
    this.desired.lookFirst(() => this.catchUp());
    await this.cluster.watchModelStates(() => void this.refresh());
    await this.refresh();
    this.timer = this.clock.every(REFRESH_MS, () => void this.refresh());
  }

  async onApplicationShutdown(): Promise<void> {
    this.timer?.cancel();
    await this.refreshing;
  }

  /** The workers alive, as they told of themselves when the cluster was last looked at. */
  get workers(): readonly WorkerReport[] {
    return this.alive;
  }

  /** Called with every version that can be asked, or could be before, after each look at the cluster. */
  onRefresh(listener: (refs: readonly ModelRef[]) => void): void {
    this.listeners.add(listener);
  }

  /**
   * The version that serves a request: the one named, else the one that is live, or of a model that nothing was registered
   * of the highest that is ready.
   * @throws SluiceError model_not_found, version_not_found, model_unavailable with the reason, no_worker, model_loading
   * (it can be asked for, and what it takes is known when it was loaded once)
   */
  resolve(model: string, version?: string): AvailableModel {
    const entry = this.find(model, version);
    const { ref, serving, notReady, readyAt, unloaded, cold } = entry;
    const mayComeBack = !unloaded && this.clock.now() - readyAt < GRACE_MS;
    if (serving && (notReady === undefined || mayComeBack)) return { ref, serving };
    if (cold) throw new SluiceError('model_loading', `${name(ref)} has to be loaded first`);
    if (serving && !unloaded)
      throw new SluiceError('no_worker', `${name(ref)} was served, but no worker has it now: ${notReady}`);
    throw new SluiceError('model_unavailable', `${name(ref)} is not available: ${notReady}`);
  }

  /** The version that a request would be for, when no worker has it in memory. @throws as `resolve` */
  cold(model: string, version?: string): ModelRef | undefined {
    const { ref, cold } = this.find(model, version);
    return cold ? ref : undefined;
  }

  /**
   * A version that would be loaded for a request is ready.
   * @throws SluiceError model_not_found, version_not_found, no_worker (nothing is known yet)
   */
  readiness(model: string, version?: string): Readiness {
    const { notReady } = this.find(model, version);
    return notReady === undefined ? { ready: true } : { ready: false, reason: notReady };
  }

  /** Whether a worker that is alive has a version in memory. */
  isReady({ model, version }: ModelRef): boolean {
    const entry = this.entries.get(model)?.get(version);
    return entry?.serving !== undefined && entry.notReady === undefined && !entry.cold;
  }

  /** Versions of a model, in ascending order. @throws SluiceError model_not_found, no_worker */
  versions(model: string): string[] {
    return [...this.versionsOf(model).keys()].toSorted((a, b) => Number(a) - Number(b));
  }

  /** Versions of a model that workers have told of, whatever became of them; none of a model that nobody knows. */
  reported(model: string): string[] {
    return [...(this.entries.get(model)?.keys() ?? [])];
  }

  /** Versions that have been served, in ascending order. */
  served(): ModelRef[] {
    return [...this.entries.values()]
      .flatMap((versions) => [...versions.values()])
      .flatMap(({ ref, serving }) => (serving ? [ref] : []))
      .toSorted((a, b) => a.model.localeCompare(b.model) || Number(a.version) - Number(b.version));
  }

  /** Versions that nobody shall serve. */
  unloaded(): ModelRef[] {
    const all = [...this.entries.values()].flatMap((versions) => [...versions.values()]);
    return all.filter(({ unloaded }) => unloaded).map(({ ref }) => ref);
  }

  /** Whether any model can be asked for, and if none why. */
  anyReady(): Readiness {
    if (this.alive.length === 0) return { ready: false, reason: 'no worker is alive' };
    const all = [...this.entries.values()].flatMap((versions) => [...versions.values()]);
    if (all.some(({ notReady }) => notReady === undefined)) return { ready: true };
    const reasons = all.map(({ ref, notReady }) => `${name(ref)}: ${notReady}`);
    return { ready: false, reason: `no worker has a model ready: ${reasons.join('; ') || 'none is known'}` };
  }

  private find(model: string, version: string | undefined): Entry {
    if (version === undefined && this.desired.of(model).generation > 0) return this.findLive(model);
    const versions = this.versionsOf(model);
    const byNumber = [...versions.values()].toSorted((a, b) => Number(b.ref.version) - Number(a.ref.version));
    const [highest] = byNumber;
    if (version === undefined && highest) return byNumber.find(({ notReady }) => notReady === undefined) ?? highest;
    const entry = version === undefined ? undefined : versions.get(version);
    if (entry) return entry;
    const known = this.versions(model).join(', ');
    throw new SluiceError('version_not_found', `model ${model} has no version ${version}, it has: ${known}`);
  }

  /** @throws SluiceError model_unavailable, no_worker */
  private findLive(model: string): Entry {
    const { live, candidate } = this.desired.of(model);
    const next = candidate === undefined ? 'roll one out' : `version ${candidate} is on its way`;
    if (live === undefined)
      throw new SluiceError('model_unavailable', `no version of model ${model} is live yet: ${next}`);
    const entry = this.entries.get(model)?.get(live);
    if (entry) return entry;
    const code = this.alive.length === 0 ? 'no_worker' : 'model_unavailable';
    throw new SluiceError(code, `${name({ model, version: live })} is live, but no worker that is alive has it`);
  }

  private versionsOf(model: string): Map<string, Entry> {
    const versions = this.entries.get(model);
    if (versions) return versions;
    if (this.alive.length === 0) {
      throw new SluiceError('no_worker', `no worker is alive, so it is not known whether there is a model ${model}`);
    }
    const known = [...this.entries.keys()].toSorted().join(', ') || 'none';
    throw new SluiceError('model_not_found', `there is no model ${model}, there is: ${known}`);
  }

  /** Resolves when what is known is not older than this call. */
  async catchUp(): Promise<void> {
    await this.refreshing;
    await this.refresh();
  }

  private refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async read(): Promise<void> {
    try {
      const [workers, states] = await Promise.all([this.cluster.workers(), this.cluster.modelStates()]);
      this.alive = workers;
      this.merge(
        workers.filter(({ state }) => state !== 'draining').flatMap(({ models }) => models),
        (model) => states.get(model)?.state === 'unloaded',
      );
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'catalogue_refresh_failed');
    }
  }

  private merge(reports: readonly ModelReport[], isUnloaded: (model: string) => boolean): void {
    for (const versions of this.entries.values())
      for (const entry of versions.values()) {
        entry.notReady = 'no worker that is alive has it';
        entry.onDemand = false;
      }
    for (const report of reports) this.apply(report);
    for (const [model, versions] of this.entries) {
      // From the wish on, not only when the last worker has come to it: nothing more is accepted.
      for (const entry of versions.values()) {
        entry.unloaded = isUnloaded(model);
        entry.cold = entry.onDemand && entry.notReady !== undefined && !entry.unloaded;
        if (entry.cold) entry.notReady = undefined;
        if (entry.unloaded) entry.notReady = UNLOADED;
      }
      for (const [version, { readyAt, notReady }] of versions) {
        // Gone for good: a model that was taken away is unknown again, not unavailable for ever.
        const reported = reports.some((report) => report.model === model && report.version === version);
        if (!reported && notReady !== undefined && this.clock.now() - readyAt > GRACE_MS * 4) versions.delete(version);
      }
      if (versions.size === 0) this.entries.delete(model);
    }
    // A folder with an impossible name is reported too, as unavailable: nothing may be named after it.
    const served = [...this.entries.values()].flatMap((versions) => [...versions.values()].filter((e) => e.serving));
    for (const listener of this.listeners) listener(served.map(({ ref }) => ref));
  }

  private apply(report: ModelReport): void {
    const { model, version } = report;
    let versions = this.entries.get(model);
    if (!versions) this.entries.set(model, (versions = new Map()));
    let entry = versions.get(version);
    if (!entry) {
      entry = {
        ref: { model, version },
        serving: undefined,
        readyAt: -Infinity,
        notReady: 'not reported',
        unloaded: false,
        onDemand: false,
        cold: false,
      };
      versions.set(version, entry);
    }
    if (report.state === 'ready') {
      entry.serving = report.serving;
      entry.readyAt = this.clock.now();
      entry.notReady = undefined;
    } else if (report.state === 'available') {
      entry.serving ??= report.serving;
      entry.onDemand = true;
    } else if (entry.notReady !== undefined) {
      entry.onDemand ||= report.state !== 'unavailable' && report.onDemand === true;
      entry.notReady =
        report.state === 'unavailable'
          ? report.reason
          : `it is being ${report.state === 'loading' ? 'loaded' : 'unloaded'}`;
    }
  }
}

function name({ model, version }: ModelRef): string {
  return `model ${model} version ${version}`;
}
