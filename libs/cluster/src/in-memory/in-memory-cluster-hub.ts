import type { Clock } from '@sluice/clock';
import { inferenceQueue, type ModelProfile, type ModelRef } from '@sluice/contracts';
import type { WorkerReport } from '../cluster.js';
import type { ModelAssignment } from '../model-assignment.js';
import type { DesiredState } from '../model-state.js';
import type { WorkerLoad } from '../worker-load.js';

interface Expiring<T> {
  readonly value: T;
  readonly until: number;
}

/** What the members of one cluster share, in one process: what Redis is to the other adapter. */
export class InMemoryClusterHub {
  readonly reports: ExpiringMap<WorkerReport>;
  readonly loads: ExpiringMap<WorkerLoad>;
  readonly runs = new Map<string, readonly string[]>();
  readonly states = new Map<string, DesiredState>();
  readonly watchers = new Set<() => void>();
  readonly coordinator: ExpiringMap<string>;
  /** Of the latest term. */
  fence = 0;
  assignment: ModelAssignment | undefined;
  readonly assignmentWatchers = new Set<() => void>();
  readonly askedFor = new Map<string, number>();
  readonly sequences = new Map<string, number>();
  private readonly counters = new Map<string, Map<string, number>>();
  readonly paused = new Set<string>();
  readonly searchers: ExpiringMap<string>;
  private readonly profiles = new Map<string, Map<string, ModelProfile>>();
  private revisions = 0;

  constructor(clock: Clock) {
    this.reports = new ExpiringMap(clock);
    this.loads = new ExpiringMap(clock);
    this.coordinator = new ExpiringMap(clock);
    this.searchers = new ExpiringMap(clock);
  }

  /** Counted, not random: a simulation that is run again does the same. */
  nextRevision(): string {
    return String(++this.revisions);
  }

  /** By field. */
  countersOf(ref: ModelRef): Map<string, number> {
    return innerMap(this.counters, inferenceQueue(ref));
  }

  /** By kind of device. */
  profilesOf(ref: ModelRef): Map<string, ModelProfile> {
    return innerMap(this.profiles, inferenceQueue(ref));
  }
}

/** Values that are gone when nobody renews them. */
class ExpiringMap<T> {
  private readonly entries = new Map<string, Expiring<T>>();

  constructor(private readonly clock: Clock) {}

  set(key: string, value: T, forMs: number): void {
    this.entries.set(key, { value, until: this.clock.now() + forMs });
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > this.clock.now() ? entry.value : undefined;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  values(): T[] {
    return [...this.entries.keys()].flatMap((key) => this.get(key) ?? []);
  }
}

function innerMap<V>(maps: Map<string, Map<string, V>>, name: string): Map<string, V> {
  let map = maps.get(name);
  if (!map) maps.set(name, (map = new Map()));
  return map;
}
