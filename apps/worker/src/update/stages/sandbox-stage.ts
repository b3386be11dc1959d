import { Injectable } from '@nestjs/common';
import type { SandboxJob } from '@sluice/contracts';
import { ModelStore } from '@sluice/model-store';
import { Sandbox } from '../../sandbox/sandbox.js';
import type { SlicedWork } from '../sliced-work.js';
import type { StageContext, UpdateStage } from '../update-stage.js';
import { finishedWork } from './finished-work.js';
import { storedVersion } from './stored-version.js';

/** Opens a version for the first time, where it can break nothing. */
@Injectable()
export class SandboxStage implements UpdateStage<SandboxJob> {
  readonly kind = 'sandbox';

  constructor(
    private readonly store: ModelStore,
    private readonly sandbox: Sandbox,
  ) {}

  /** @throws SluiceError as `Sandbox.open` does */
  async prepare(job: SandboxJob, { signal }: StageContext): Promise<SlicedWork> {
    const stored = await storedVersion(this.store, job);
    await this.store.fetch(stored);
    return finishedWork(await this.sandbox.open(stored, signal));
  }
}
