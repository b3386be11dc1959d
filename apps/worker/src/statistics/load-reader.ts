import { Injectable } from '@nestjs/common';
import type { WorkerLoad } from '@sluice/cluster';
import { WorkerConfig } from '@sluice/config';
import { JobQueue } from '@sluice/job-queue';
import { BufferPool } from '../batch/buffer-pool.js';
import { DeviceLoop } from '../execute/device-loop.js';
import { Lanes } from '../execute/lanes.js';
import { HandOff } from '../hand-off/hand-off.js';
import { ModelHost } from '../lifecycle/model-host.js';
import { MemoryReader } from '../placement/memory-reader.js';
import { WorkerIdentity } from '../lifecycle/worker-identity.js';
import { Feed } from '../pull/feed.js';
import { Thief } from '../steal/thief.js';
import { UpdateLane } from '../update/update-lane.js';
import { ArmCounter } from './arm-counter.js';

/** Reads off this worker's loops what they do. */
@Injectable()
export class LoadReader {
  constructor(
    private readonly config: WorkerConfig,
    private readonly identity: WorkerIdentity,
    private readonly queue: JobQueue,
    private readonly device: DeviceLoop,
    private readonly lanes: Lanes,
    private readonly updates: UpdateLane,
    private readonly feed: Feed,
    private readonly thief: Thief,
    private readonly handOff: HandOff,
    private readonly models: ModelHost,
    private readonly memory: MemoryReader,
    private readonly pool: BufferPool,
    private readonly arms: ArmCounter,
  ) {}

  /** @param loopGapMs the longest that the event loop was blocked since whoever asks asked last */
  read(loopGapMs: number): WorkerLoad {
    const ran = this.lanes.inference.map((lane) => lane.ran);
    const { working } = this.updates;
    const memory = this.memory.read(this.queue.now());
    const arms = this.arms.all();
    return {
      workerId: this.identity.id,
      at: this.queue.now(),
      device: this.device.turn ? 'running' : 'idle',
      searching: this.feed.isSearching,
      leasedNotStarted: this.lanes.leasedNotStarted,
      classes: this.classes(),
      batches: ran.reduce((sum, { batches }) => sum + batches, 0),
      rows: ran.reduce((sum, { rows }) => sum + rows, 0),
      slices: this.updates.slices,
      expired: ran.reduce((sum, { expired }) => sum + expired, 0),
      stolen: this.thief.stolen,
      buffers: { outstanding: this.pool.outstanding, keptBytes: this.pool.keptBytes },
      handOff: this.handOff.reasons,
      loopGapMs,
      ...(working && { update: working }),
      costs: this.models.hostedModels().flatMap(({ costs, queue }) => costs.report(queue)),
      ...(arms.length > 0 && { arms }),
      ...(memory && { memory }),
    };
  }

  private classes(): WorkerLoad['classes'] {
    const used = this.device.used();
    return this.config.scheduling.classes.map(({ name, weight }) => {
      return { name, weight, deviceMs: used[name] ?? 0, busy: this.device.isBusy(name) };
    });
  }
}
