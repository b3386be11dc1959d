import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '@sluice/clock';
import { WorkerConfig } from '@sluice/config';
import { messageOf } from '@sluice/contracts';
import { JobQueue, type Lease } from '@sluice/job-queue';
import { Logger } from '@sluice/telemetry';

/** Chances to renew a lease before it lapses. */
const RENEWALS_PER_LEASE = 3;

/** Knows every lease that this worker holds, and keeps them from lapsing while it works. */
@Injectable()
export class LeaseKeeper {
  private readonly held = new Map<string, Lease>();
  private timer: Timer | undefined;
  private onLost: (jobIds: ReadonlySet<string>) => void = () => {};

  constructor(
    private readonly queue: JobQueue,
    private readonly config: WorkerConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  get size(): number {
    return this.held.size;
  }

  /** `onLost`: leases that others have by now; what has not started need not start. */
  start(onLost: (jobIds: ReadonlySet<string>) => void): void {
    this.onLost = onLost;
    this.timer ??= this.clock.every(this.config.queue.leaseMs / RENEWALS_PER_LEASE, () => void this.renew());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  hold(leases: readonly Lease[]): void {
    for (const lease of leases) this.held.set(lease.token + lease.jobId, lease);
  }

  drop(leases: readonly Lease[]): void {
    for (const lease of leases) this.held.delete(lease.token + lease.jobId);
  }

  private async renew(): Promise<void> {
    if (this.held.size === 0) return;
    try {
      const lost = await this.queue.extend([...this.held.values()]);
      // Settled while we asked: not lost, only no longer ours.
      const missed = lost.filter(({ token, jobId }) => this.held.has(token + jobId));
      if (missed.length === 0) return;
      this.drop(missed);
      this.logger.warn({ jobs: missed.map(({ jobId }) => jobId) }, 'leases_lost');
      this.onLost(new Set(missed.map(({ jobId }) => jobId)));
    } catch (error) {
      this.logger.warn({ held: this.held.size, reason: messageOf(error) }, 'renewal_failed');
    }
  }
}
