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

  /** The jobs of a worker's latest run; outlives the worker. */
  run(id: string): string {
    return `sluice:${this.prefix}:run:${id}`;
  }

  /** A channel: replies to one API process. */
  replies(apiId: string): string {
    return `sluice:${this.prefix}:replies:${apiId}`;
  }
}
