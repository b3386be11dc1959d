import { redisConnection, Subscriptions } from '@sluice/redis-connection';
import type { Redis } from 'ioredis';
import type { ModelProfile, ModelRef } from '@sluice/contracts';
import { Cluster, type WorkerReport } from '../cluster.js';
import type { ModelAssignment } from '../model-assignment.js';
import type { DesiredState } from '../model-state.js';
import type { ModelStatistics } from '../model-statistics.js';
import type { WorkerLoad } from '../worker-load.js';
import { Coordination } from './coordination.js';
import { ClusterKeys } from './keys.js';
import { ModelStates } from './model-states.js';
import { Presence } from './presence.js';
import { ProfileStore } from './profile-store.js';
import { Searches } from './searches.js';
import { StatisticsStore } from './statistics-store.js';
import { WorkerLoads } from './worker-loads.js';

export interface RedisClusterOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** How long a worker counts as alive without being heard of. */
  readonly presenceMs: number;
  readonly onError: (error: Error) => void;
}

/** A run is forgotten after this; recovery takes seconds. */
const KEEP_RUN_MS = 60_000;
const PING_MS = 1_000;

/** Presence as keys that expire, wishes and counters as hashes, changes told by pub/sub. */
export class RedisCluster extends Cluster {
  private readonly redis: Redis;
  private readonly subscriptions: Subscriptions;
  private readonly keys: ClusterKeys;
  private readonly presence: Presence;
  private readonly states: ModelStates;
  private readonly counters: StatisticsStore;
  private readonly told: WorkerLoads;
  private readonly measured: ProfileStore;
  private readonly coordination: Coordination;
  private readonly searches: Searches;
  private readonly onError: (error: Error) => void;

  constructor({ redisUrl, prefix, presenceMs, onError }: RedisClusterOptions) {
    super();
    this.onError = onError;
    this.redis = redisConnection(redisUrl, 'cluster', onError);
    this.subscriptions = new Subscriptions(redisUrl, 'subscriptions', onError);
    this.keys = new ClusterKeys(prefix);
    this.presence = new Presence(this.redis, this.keys, presenceMs, onError);
    this.states = new ModelStates(this.redis, this.keys);
    this.counters = new StatisticsStore(this.redis, this.keys);
    this.told = new WorkerLoads(this.redis, this.keys, presenceMs);
    this.measured = new ProfileStore(this.redis, this.keys);
    this.coordination = new Coordination(this.redis, this.keys);
    this.searches = new Searches(this.redis, this.keys);
  }

  override async start(): Promise<void> {
    if (this.redis.status === 'wait') await this.redis.connect();
  }

  override async stop(): Promise<void> {
    // Without a connection there is nobody to say goodbye to: presence expires by itself.
    if (this.redis.status === 'ready') await this.leave();
    else this.presence.stop();
    this.subscriptions.close();
    this.redis.disconnect();
  }

  override join(report: WorkerReport): Promise<void> {
    return this.presence.join(report);
  }

  override update(report: WorkerReport): Promise<void> {
    return this.presence.join(report);
  }

  override leave(): Promise<void> {
    return this.presence.leave();
  }

  override workers(): Promise<WorkerReport[]> {
    return this.presence.list();
  }

  override announceRun(workerId: string, jobIds: readonly string[]): void {
    this.redis.set(this.keys.run(workerId), JSON.stringify(jobIds), 'PX', KEEP_RUN_MS).catch(this.onError);
  }

  override async lastRun(workerId: string): Promise<readonly string[]> {
    const run = await this.redis.get(this.keys.run(workerId));
    return run ? (JSON.parse(run) as string[]) : [];
  }

  override setModelState(model: string, state: DesiredState['state']): Promise<DesiredState> {
    return this.states.set(model, state);
  }

  override modelStates(): Promise<ReadonlyMap<string, DesiredState>> {
    return this.states.all();
  }

  override watchModelStates(onChange: () => void): Promise<void> {
    return this.subscriptions.add(this.keys.modelStateChanges, onChange, onChange);
  }

  override addStatistics(workerId: string, sequence: number, counted: readonly ModelStatistics[]): Promise<void> {
    return this.counters.add(workerId, sequence, counted);
  }

  override statistics(refs: readonly ModelRef[]): Promise<ModelStatistics[]> {
    return this.counters.read(refs);
  }

  override tellLoad(load: WorkerLoad): Promise<void> {
    return this.told.tell(load);
  }

  override loads(): Promise<WorkerLoad[]> {
    return this.told.all();
  }

  override async pause(workerId: string, paused: boolean): Promise<void> {
    if (paused) await this.redis.sadd(this.keys.paused, workerId);
    else await this.redis.srem(this.keys.paused, workerId);
  }

  override async isPaused(workerId: string): Promise<boolean> {
    return (await this.redis.sismember(this.keys.paused, workerId)) === 1;
  }

  override beginSearch(workerId: string, most: number, forMs: number): Promise<boolean> {
    return this.searches.begin(workerId, most, forMs);
  }

  override endSearch(workerId: string): Promise<void> {
    return this.searches.end(workerId);
  }

  override lead(memberId: string, ttlMs: number): Promise<number | undefined> {
    return this.coordination.lead(memberId, ttlMs);
  }

  override resign(memberId: string): Promise<void> {
    return this.coordination.resign(memberId);
  }

  override assign(fence: number, assignment: ModelAssignment): Promise<boolean> {
    return this.coordination.assign(fence, assignment);
  }

  override assignment(): Promise<ModelAssignment | undefined> {
    return this.coordination.assignment();
  }

  override watchAssignment(onChange: () => void): Promise<void> {
    return this.subscriptions.add(this.keys.assignmentChanges, onChange, onChange);
  }

  override askFor(queue: string): Promise<void> {
    return this.coordination.askFor(queue);
  }

  override askedFor(): Promise<ReadonlyMap<string, number>> {
    return this.coordination.askedFor();
  }

  override saveProfile(profile: ModelProfile): Promise<void> {
    return this.measured.save(profile);
  }

  override profiles(ref: ModelRef): Promise<ModelProfile[]> {
    return this.measured.of(ref);
  }

  override async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${PING_MS} ms`)), PING_MS);
    });
    await Promise.race([this.redis.ping(), late]).finally(() => clearTimeout(timer));
  }
}
