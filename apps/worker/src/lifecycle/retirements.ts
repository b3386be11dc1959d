import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { messageOf } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';
import type { HostedModel } from './hosted-model.js';
import { ModelHost } from './model-host.js';
import { RegisteredVersions } from './registered-versions.js';
import { WantedVersions } from './wanted-versions.js';

/** Whoever has read the registry just before the change has sent by then. */
const LINGER_MS = 1_000;
const DRAIN_MS = 30_000;

/**
 * Takes versions out of the rotation that are out of service. One that was withdrawn goes at once. One whose successor is
 * live stays until that serves here, then until nothing waits in its queues, because that may be jobs that named it; for
 * 30 s at most. Whatever comes later is `InheritedQueues`' affair.
 */
@Injectable()
export class Retirements {
  /** Since when the successor serves here. */
  private readonly drainingSince = new WeakMap<HostedModel, number>();

  constructor(
    private readonly registered: RegisteredVersions,
    private readonly wanted: WantedVersions,
    private readonly host: ModelHost,
    private readonly jobs: JobQueue,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** To be called when something may have changed, and from time to time. Never rejects. */
  async look(): Promise<void> {
    for (const hosted of this.host.hostedModels()) {
      const role = this.registered.roleOf(hosted.ref);
      if (role === 'withdrawn' || (role === 'retired' && (await this.isDrained(hosted)))) this.dismiss(hosted, role);
    }
  }

  private dismiss({ ref }: HostedModel, role: string): void {
    this.logger.info({ ...ref, role }, 'version_taken_out');
    void this.host.dismiss(ref);
  }

  private async isDrained(hosted: HostedModel): Promise<boolean> {
    const { model } = hosted.ref;
    const live = this.registered.of(model)?.live;
    if (live === undefined) return true;
    const successor = { model, version: live };
    if (!this.host.find(successor) && this.wanted.serves(successor, false)) return false;
    const since = this.drainingSince.get(hosted) ?? this.clock.now();
    this.drainingSince.set(hosted, since);
    const drainedMs = this.clock.now() - since;
    if (drainedMs >= DRAIN_MS) return true;
    return drainedMs >= LINGER_MS && (await this.isEmpty(hosted));
  }

  private async isEmpty({ ref, queues }: HostedModel): Promise<boolean> {
    try {
      return (await this.jobs.heads(queues)).length === 0;
    } catch (error) {
      this.logger.warn({ ...ref, reason: messageOf(error) }, 'drain_unread');
      return false;
    }
  }
}
