import type { Clock, Timer } from '@sluice/clock';
import type { ModelProfile, ModelRef } from '@sluice/contracts';
import { Cluster, type WorkerReport } from '../cluster.js';
import type { ModelAssignment } from '../model-assignment.js';
import type { DesiredState } from '../model-state.js';
import type { ModelStatistics } from '../model-statistics.js';
import { fromFields, LATEST_FIELD, toFields } from '../statistics-fields.js';
import type { WorkerLoad } from '../worker-load.js';
import type { InMemoryClusterHub } from './in-memory-cluster-hub.js';

const THE_ROLE = 'coordinator';
/** Three chances to be heard before others think that a worker is gone. */
const BEATS_PER_PRESENCE = 3;

/**
 * A member of a cluster without a network, for the simulator and for tests of the apps' logic. It lives by the clock of
 * its own process: when that stops, it is not heard any more, and hears nothing.
 */
export class InMemoryCluster extends Cluster {
  private report: WorkerReport | undefined;
  private beat: Timer | undefined;
  private watcher: (() => void) | undefined;
  private assignmentWatcher: (() => void) | undefined;

  constructor(
    private readonly hub: InMemoryClusterHub,
    private readonly clock: Clock,
    private readonly presenceMs: number,
  ) {
    super();
  }

  override async join(report: WorkerReport): Promise<void> {
    this.report = report;
    this.beat ??= this.clock.every(this.presenceMs / BEATS_PER_PRESENCE, () => this.show());
    this.show();
  }

  override update(report: WorkerReport): Promise<void> {
    return this.join(report);
  }

  override async leave(): Promise<void> {
    this.beat?.cancel();
    this.beat = undefined;
    if (this.report) {
      this.hub.reports.delete(this.report.id);
      this.hub.loads.delete(this.report.id);
    }
    this.report = undefined;
  }

  override async workers(): Promise<WorkerReport[]> {
    return this.hub.reports.values();
  }

  override announceRun(workerId: string, jobIds: readonly string[]): void {
    this.hub.runs.set(workerId, jobIds);
  }

  override async lastRun(workerId: string): Promise<readonly string[]> {
    return this.hub.runs.get(workerId) ?? [];
  }

  override async setModelState(model: string, state: DesiredState['state']): Promise<DesiredState> {
    const desired = { state, revision: this.hub.nextRevision() };
    this.hub.states.set(model, desired);
    for (const tell of this.hub.watchers) tell();
    return desired;
  }

  override async modelStates(): Promise<ReadonlyMap<string, DesiredState>> {
    return new Map(this.hub.states);
  }

  override async watchModelStates(onChange: () => void): Promise<void> {
    this.watcher = () => this.clock.soon(onChange);
    this.hub.watchers.add(this.watcher);
  }

  override async addStatistics(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void> {
    if ((this.hub.sequences.get(workerId) ?? 0) >= sequence) return;
    this.hub.sequences.set(workerId, sequence);
    for (const statistics of counted) {
      const sums = this.hub.countersOf(statistics.ref);
      for (const [field, value] of toFields(statistics)) {
        const before = sums.get(field) ?? 0;
        sums.set(field, field === LATEST_FIELD ? Math.max(before, value) : before + value);
      }
    }
  }

  override async statistics(refs: readonly ModelRef[]): Promise<ModelStatistics[]> {
    return refs.map((ref) => fromFields(ref, this.hub.countersOf(ref)));
  }

  override async tellLoad(load: WorkerLoad): Promise<void> {
    this.hub.loads.set(load.workerId, load, this.presenceMs);
  }

  override async loads(): Promise<WorkerLoad[]> {
    return this.hub.reports.values().flatMap(({ id }) => this.hub.loads.get(id) ?? []);
  }

  override async pause(workerId: string, paused: boolean): Promise<void> {
    if (paused) this.hub.paused.add(workerId);
    else this.hub.paused.delete(workerId);
  }

  override async isPaused(workerId: string): Promise<boolean> {
    return this.hub.paused.has(workerId);
  }

  override async beginSearch(workerId: string, most: number, forMs: number): Promise<boolean> {
    const others = this.hub.searchers.values().filter((id) => id !== workerId);
    if (others.length >= most) return false;
    this.hub.searchers.set(workerId, workerId, forMs);
    return true;
  }

  override async endSearch(workerId: string): Promise<void> {
    this.hub.searchers.delete(workerId);
  }

  override async lead(memberId: string, ttlMs: number): Promise<number | undefined> {
    const holder = this.hub.coordinator.get(THE_ROLE);
    if (holder !== undefined && holder !== memberId) return undefined;
    this.hub.coordinator.set(THE_ROLE, memberId, ttlMs);
    return holder === undefined ? ++this.hub.fence : this.hub.fence;
  }

  override async resign(memberId: string): Promise<void> {
    if (this.hub.coordinator.get(THE_ROLE) === memberId) this.hub.coordinator.delete(THE_ROLE);
  }

  override async assign(fence: number, assignment: ModelAssignment): Promise<boolean> {
    if (fence !== this.hub.fence) return false;
    this.hub.assignment = assignment;
    for (const tell of this.hub.assignmentWatchers) tell();
    return true;
  }

  override async assignment(): Promise<ModelAssignment | undefined> {
    return this.hub.assignment;
  }

  override async watchAssignment(onChange: () => void): Promise<void> {
    this.assignmentWatcher = () => this.clock.soon(onChange);
    this.hub.assignmentWatchers.add(this.assignmentWatcher);
  }

  override async askFor(queue: string): Promise<void> {
    this.hub.askedFor.set(queue, (this.hub.askedFor.get(queue) ?? 0) + 1);
  }

  override async askedFor(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.hub.askedFor);
  }

  override async saveProfile(profile: ModelProfile): Promise<void> {
    const known = this.hub.profilesOf(profile);
    const before = known.get(profile.deviceKind);
    if (!before || before.measuredAt <= profile.measuredAt) known.set(profile.deviceKind, profile);
  }

  override async profiles(ref: ModelRef): Promise<ModelProfile[]> {
    return [...this.hub.profilesOf(ref).values()];
  }

  override async ping(): Promise<void> {}

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    await this.leave();
    this.disconnect();
  }

  /** As when its process is gone: it says nothing, and hears nothing. */
  disconnect(): void {
    this.beat?.cancel();
    if (this.watcher) this.hub.watchers.delete(this.watcher);
    if (this.assignmentWatcher) this.hub.assignmentWatchers.delete(this.assignmentWatcher);
  }

  private show(): void {
    if (this.report) this.hub.reports.set(this.report.id, this.report, this.presenceMs);
  }
}
