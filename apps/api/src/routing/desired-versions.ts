import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { ModelRegistry, unregistered, type RegisteredModel, type RegisteredModels } from '@sluice/model-registry';

/** Whoever is to look at the workers first has looked by then, or requests go on as they did. */
const LOOK_MS = 1_000;

/**
 * Which versions shall be in service, as the registry said last. What was known stays while it cannot be read.
 *
 * A version becomes live when workers have it. So that requests are not sent to one that this process has not heard of
 * yet, what the registry says holds here from when the workers were looked at once more.
 */
@Injectable()
export class DesiredVersions implements OnApplicationBootstrap, OnApplicationShutdown {
  private models: RegisteredModels = new Map();
  private latest = this.models;
  private adopting: Promise<void> | undefined;
  private look = async () => {};

  constructor(
    private readonly registry: ModelRegistry,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.registry.start();
    await this.registry.watch((models) => {
      this.latest = models;
      this.adopting ??= this.adopt().finally(() => (this.adopting = undefined));
    });
    await this.adopting;
  }

  /** @param look at the workers; called before a change is adopted */
  lookFirst(look: () => Promise<void>): void {
    this.look = look;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.registry.stop();
  }

  /** At generation 0 for a model that is served as the workers' folders have it. */
  of(model: string): RegisteredModel {
    return this.models.get(model) ?? unregistered(model);
  }

  all(): RegisteredModels {
    return this.models;
  }

  /** Of several changes only the latest. */
  private async adopt(): Promise<void> {
    while (this.models !== this.latest) {
      const next = this.latest;
      await Promise.race([this.look().catch(() => {}), this.clock.sleep(LOOK_MS)]);
      this.models = next;
    }
  }
}
