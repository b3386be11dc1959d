import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModelRegistry, unregistered, type RegisteredModel, type RegisteredModels } from '@sluice/model-registry';

/** Which versions shall be in service, as the registry said last. What was known stays while it cannot be read. */
@Injectable()
export class DesiredVersions implements OnApplicationBootstrap, OnApplicationShutdown {
  private models: RegisteredModels = new Map();

  constructor(private readonly registry: ModelRegistry) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.registry.start();
    await this.registry.watch((models) => (this.models = models));
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
}
