import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Clock } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import type { SandboxResult } from '@sluice/contracts';
import type { ServableModel } from '@sluice/model-store';
import { sandboxLimits } from './sandbox-limits.js';
import { SandboxedTrial } from './sandboxed-trial.js';

/**
 * Opens versions for the first time, each in a process of its own and at the lowest priority: a file that crashes the
 * runtime, hangs it or takes all memory takes nothing from the worker.
 *
 * It protects the fleet from a version that is broken, not from one that is an attack: the process runs as the worker's
 * user.
 */
@Injectable()
export class Sandbox {
  constructor(
    private readonly config: WorkerConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Loads a version on the CPU, whatever device the worker has, and runs one row of zeros.
   * @param signal ends the process; it also ends when this one does
   * @throws SluiceError invalid_request: the version is at fault, the message says how; any other code: it may go well
   * another time
   */
  async open(stored: ServableModel, signal: AbortSignal): Promise<SandboxResult> {
    const { ref, config, path } = stored;
    const limits = sandboxLimits(stored, this.config.sandbox);
    const folder = await mkdtemp(join(tmpdir(), 'sluice-sandbox-'));
    try {
      const trial = new SandboxedTrial({ folder, limits, clock: this.clock, signal });
      return await trial.run({ ref, config, path, maxBatch: this.config.maxBatch });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
