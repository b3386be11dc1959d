/** Every Redis key and channel of the registry. */
export class RegistryKeys {
  constructor(private readonly prefix: string) {}

  /** A hash: the state of each model. */
  get states(): string {
    return `sluice:${this.prefix}:registry`;
  }

  /** A list: the latest changes of a model, newest first. */
  history(model: string): string {
    return `sluice:${this.prefix}:registry-history:${model}`;
  }

  /** A list: the latest changes of all models, newest first. */
  get audit(): string {
    return `sluice:${this.prefix}:registry-audit`;
  }

  /** A channel: the model that was changed. */
  get changes(): string {
    return `sluice:${this.prefix}:registry-changes`;
  }
}
