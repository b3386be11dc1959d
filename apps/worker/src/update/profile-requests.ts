import { Injectable } from '@nestjs/common';
import { messageOf } from '@sluice/contracts';
import { Logger } from '@sluice/telemetry';
import type { HostedModel } from '../lifecycle/hosted-model.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { Profiler } from './profiler.js';
import { UpdateIntake } from './update-intake.js';

/** Sees to it that every version that is served has a profile: a known one, or one that is asked for. */
@Injectable()
export class ProfileRequests {
  constructor(
    private readonly models: ModelHost,
    private readonly profiler: Profiler,
    private readonly intake: UpdateIntake,
    private readonly logger: Logger,
  ) {}

  /** To be called when models have become ready. Never rejects: a model without a profile is served as well. */
  async look(): Promise<void> {
    await Promise.all(this.models.hostedModels().map((model) => this.lookAt(model)));
  }

  private async lookAt(model: HostedModel): Promise<void> {
    if (!this.profiler.claim(model)) return;
    try {
      if (await this.profiler.recall(model)) await this.intake.ask({ kind: 'profile', ...model.ref, again: false });
    } catch (error) {
      this.profiler.disclaim(model);
      this.logger.warn({ ...model.ref, reason: messageOf(error) }, 'profile_not_asked_for');
    }
  }
}
