import { Injectable } from '@nestjs/common';
import { encodeUpdateJob, MODEL_UPDATE_QUEUE } from '@sluice/contracts';
import { JobQueue } from '@sluice/job-queue';
import { ModelRegistry, type RegisteredModel } from '@sluice/model-registry';
import type { RolloutEffect } from '@sluice/scheduling';

/** A job that nobody took for so long is asked for again. */
const JOB_EXPIRES_MS = 30 * 60_000;
/** Longer than all workers may be gone. */
const KEEP_RESULT_MS = 24 * 60 * 60_000;
/** Work of operators, which waits for nobody's requests. */
const PRIORITY = 1;

/** Brings about what a rollout asks for. Each may be asked for again. */
@Injectable()
export class RolloutEffects {
  constructor(
    private readonly queue: JobQueue,
    private readonly registry: ModelRegistry,
  ) {}

  /**
   * @param seen the registry's state on which it was decided
   * @throws SluiceError conflict when that is not the state any more; redis_unavailable, queue_full, queue_paused
   */
  async bringAbout(effect: RolloutEffect, seen: RegisteredModel): Promise<void> {
    if (effect.kind === 'change') {
      const { id, change, reason } = effect;
      await this.registry.change(seen, change, { by: 'rollout', reason, id });
      return;
    }
    const { jobId: id, job } = effect;
    const { kind: name, model, version, rollout, attempt } = job;
    await this.queue.enqueue(MODEL_UPDATE_QUEUE, [
      {
        id,
        name,
        label: { model, version, rollout, attempt },
        replyTo: '',
        priority: PRIORITY,
        expiresAt: this.queue.now() + JOB_EXPIRES_MS,
        payload: encodeUpdateJob(job),
        keepResultMs: KEEP_RESULT_MS,
      },
    ]);
  }
}
