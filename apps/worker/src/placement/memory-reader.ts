import { Injectable } from '@nestjs/common';
import type { MemoryLoad, MemoryModel } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { inferenceQueue, type ModelReport } from '@sluice/contracts';
import { ModelHost } from '../lifecycle/model-host.js';
import { RegisteredVersions } from '../lifecycle/registered-versions.js';
import { AssignedModels } from './assigned-models.js';
import { ModelSizes } from './model-sizes.js';

const STATE = {
  ready: 'ready',
  loading: 'loading',
  unloading: 'unloading',
  available: 'available',
  unavailable: 'failed',
} as const satisfies Record<ModelReport['state'], MemoryModel['state']>;

interface Use {
  readonly state: MemoryModel['state'];
  /** Holds that were ever taken of it. */
  readonly taken: number;
  readonly at: number;
}

/** Reads off the models of this worker what its memory holds, and when each was used last. */
@Injectable()
export class MemoryReader {
  private readonly uses = new Map<string, Use>();

  constructor(
    private readonly config: WorkerConfig,
    private readonly models: ModelHost,
    private readonly sizes: ModelSizes,
    private readonly registered: RegisteredVersions,
    private readonly assigned: AssignedModels,
  ) {}

  /** @param now by the queue's clock. @returns undefined for a worker without a budget */
  read(now: number): MemoryLoad | undefined {
    const { budgetBytes } = this.config.placement;
    if (budgetBytes === undefined) return undefined;
    return { budgetBytes, models: this.models.report().map((report) => this.modelOf(report, now)) };
  }

  private modelOf(report: ModelReport, now: number): MemoryModel {
    const queue = inferenceQueue(report);
    const { bytes, loadMs } = this.sizes.of(queue) ?? { bytes: 0, loadMs: undefined };
    const holds = this.models.find(report)?.holds;
    const held = holds?.isHeld ?? false;
    const state = STATE[report.state];
    const before = this.uses.get(queue);
    const use = { state, taken: holds?.taken ?? 0, at: now };
    // Something may have begun and ended since the last look.
    const isUsed = held || use.taken !== before?.taken || state !== before.state;
    if (isUsed || !before) this.uses.set(queue, use);
    const lastUsedAt = isUsed || !before ? now : before.at;
    const kept = this.isKept(report);
    return { queue, state, bytes, lastUsedAt, held, loadMs, ...(kept && { kept }) };
  }

  /** The candidate, and what still serves in the place of its successor; what came here without being assigned. */
  private isKept(report: ModelReport): boolean {
    const role = this.registered.roleOf(report);
    const isThere = report.state === 'ready' || report.state === 'loading';
    return this.assigned.isKept(inferenceQueue(report)) || (isThere && (role === 'candidate' || role === 'retired'));
  }
}
