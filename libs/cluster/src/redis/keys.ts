import type { ModelRef } from '@sluice/contracts';

/** Every Redis key and channel of the cluster. */
export class ClusterKeys {
  constructor(private readonly prefix: string) {}

  /** A set: ids of the workers that joined and have not left. */
  get workers(): string {
    return `sluice:${this.prefix}:workers`;
  }

  /** A worker's report; the key expires when the worker is not heard of. */
  worker(id: string): string {
    return `sluice:${this.prefix}:worker:${id}`;
  }

  /** What a worker told last of what it does; expires as its report does. */
  load(id: string): string {
    return `sluice:${this.prefix}:load:${id}`;
  }

  /** A hash, by kind of device: how long batches of a version take there. Kept for good. */
  profiles({ model, version }: ModelRef): string {
    return `sluice:${this.prefix}:profiles:${model}:${version}`;
  }

  /** The jobs of a worker's latest run; outlives the worker. */
  run(id: string): string {
    return `sluice:${this.prefix}:run:${id}`;
  }

  /** A set: the workers that are to leave their work to others. */
  get paused(): string {
    return `sluice:${this.prefix}:paused`;
  }

  /** A sorted set: the workers that search for work, by when they count no longer, in ms of Redis' clock. */
  get searchers(): string {
    return `sluice:${this.prefix}:searchers`;
  }

  /** A hash: what is wished of each model. */
  get modelStates(): string {
    return `sluice:${this.prefix}:model-states`;
  }

  /** A channel: the model that a wish is about. */
  get modelStateChanges(): string {
    return `sluice:${this.prefix}:model-state-changes`;
  }

  /** The coordinator's id; expires with its term. */
  get coordinator(): string {
    return `sluice:${this.prefix}:coordinator`;
  }

  /** Number of the coordinator's term. */
  get term(): string {
    return `sluice:${this.prefix}:coordinator-term`;
  }

  /** Which models the workers shall have in memory. */
  get assignment(): string {
    return `sluice:${this.prefix}:assignment`;
  }

  /** A channel: the generation of an assignment. */
  get assignmentChanges(): string {
    return `sluice:${this.prefix}:assignment-changes`;
  }

  /** A hash: how often was asked for a model in nobody's memory, by queue. */
  get askedFor(): string {
    return `sluice:${this.prefix}:asked-for`;
  }

  /** A hash of counters; outlives the workers. */
  statistics({ model, version }: ModelRef): string {
    return `sluice:${this.prefix}:statistics:${model}:${version}`;
  }

  /** Number of a worker's latest contribution to the counters. */
  statisticsSequence(workerId: string): string {
    return `sluice:${this.prefix}:statistics-sequence:${workerId}`;
  }
}
