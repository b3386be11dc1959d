/** Every Redis key and channel of the rollouts. */
export class RolloutKeys {
  constructor(private readonly prefix: string) {}

  /** A hash: each rollout that is kept, by its id. */
  get rollouts(): string {
    return `sluice:${this.prefix}:rollouts`;
  }

  /** A hash: by model, the id of the rollout that has not ended. */
  get active(): string {
    return `sluice:${this.prefix}:rollouts-active`;
  }

  /** A list: ids of the rollouts of a model that are kept, newest first. */
  of(model: string): string {
    return `sluice:${this.prefix}:rollouts-of:${model}`;
  }

  /** A channel: the id of the rollout that was changed. */
  get changes(): string {
    return `sluice:${this.prefix}:rollouts-changes`;
  }
}
