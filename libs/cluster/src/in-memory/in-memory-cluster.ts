import { randomUUID } from 'node:crypto';
import { inferenceQueue, type ModelRef } from '@sluice/contracts';
import { Cluster, type Reply, type WorkerReport } from '../cluster.js';
import type { DesiredState } from '../model-state.js';
import type { ModelStatistics } from '../model-statistics.js';
import { decodeReplies, encodeReplies } from '../reply-frame.js';
import { fromFields, LATEST_FIELD, toFields } from '../statistics-fields.js';

type Listener = (replies: readonly Reply[]) => void;

/** What the members of one cluster share, in one process. */
export class InMemoryClusterHub {
  readonly reports = new Map<string, WorkerReport>();
  readonly runs = new Map<string, readonly string[]>();
  readonly listeners = new Map<string, Listener>();
  readonly states = new Map<string, DesiredState>();
  readonly watchers = new Set<() => void>();
  readonly sequences = new Map<string, number>();
  /** By queue name, then by field. */
  readonly counters = new Map<string, Map<string, number>>();
}

/** A member of a cluster without a network, for the simulator and for tests of the apps' logic. */
export class InMemoryCluster extends Cluster {
  private id: string | undefined;
  private apiId: string | undefined;
  private watcher: (() => void) | undefined;

  constructor(private readonly hub: InMemoryClusterHub) {
    super();
  }

  override async join(report: WorkerReport): Promise<void> {
    this.id = report.id;
    this.hub.reports.set(report.id, report);
  }

  override update(report: WorkerReport): Promise<void> {
    return this.join(report);
  }

  override async leave(): Promise<void> {
    if (this.id !== undefined) this.hub.reports.delete(this.id);
  }

  override async workers(): Promise<WorkerReport[]> {
    return [...this.hub.reports.values()];
  }

  override announceRun(workerId: string, jobIds: readonly string[]): void {
    this.hub.runs.set(workerId, jobIds);
  }

  override async lastRun(workerId: string): Promise<readonly string[]> {
    return this.hub.runs.get(workerId) ?? [];
  }

  override async reply(apiId: string, replies: readonly Reply[]): Promise<boolean> {
    const listener = this.hub.listeners.get(apiId);
    // Through the same bytes as on the wire, and never within the caller's turn.
    const message = encodeReplies(replies);
    if (listener) setImmediate(() => listener(decodeReplies(message)));
    return listener !== undefined;
  }

  override async subscribe(apiId: string, onReplies: Listener): Promise<void> {
    this.apiId = apiId;
    this.hub.listeners.set(apiId, onReplies);
  }

  override async setModelState(model: string, state: DesiredState['state']): Promise<DesiredState> {
    const desired = { state, revision: randomUUID() };
    this.hub.states.set(model, desired);
    for (const watcher of this.hub.watchers) setImmediate(watcher);
    return desired;
  }

  override async modelStates(): Promise<ReadonlyMap<string, DesiredState>> {
    return new Map(this.hub.states);
  }

  override async watchModelStates(onChange: () => void): Promise<void> {
    this.watcher = onChange;
    this.hub.watchers.add(onChange);
  }

  override async addStatistics(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void> {
    if ((this.hub.sequences.get(workerId) ?? 0) >= sequence) return;
    this.hub.sequences.set(workerId, sequence);
    for (const statistics of counted) {
      const sums = this.countersOf(statistics.ref);
      for (const [field, value] of toFields(statistics)) {
        const before = sums.get(field) ?? 0;
        sums.set(field, field === LATEST_FIELD ? Math.max(before, value) : before + value);
      }
    }
  }

  override async statistics(refs: readonly ModelRef[]): Promise<ModelStatistics[]> {
    return refs.map((ref) => fromFields(ref, this.countersOf(ref)));
  }

  override async ping(): Promise<void> {}

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    await this.leave();
    if (this.apiId !== undefined) this.hub.listeners.delete(this.apiId);
    if (this.watcher) this.hub.watchers.delete(this.watcher);
  }

  private countersOf(ref: ModelRef): Map<string, number> {
    const name = inferenceQueue(ref);
    const counters = this.hub.counters.get(name) ?? new Map<string, number>();
    this.hub.counters.set(name, counters);
    return counters;
  }
}
