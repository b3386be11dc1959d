import type { LocalCluster, ClusterProcess } from '@sluice/local-cluster';
import type { Random } from '@sluice/onnx-writer';

/** Kills workers, and starts another for each that is gone, as `sluice up` does. */
export class Reaper {
  private readonly alive = new Set<ClusterProcess>();
  private stopped = false;
  kills = 0;

  constructor(
    private readonly cluster: LocalCluster,
    private readonly random: Random,
  ) {
    for (const worker of cluster.workers) void this.supervise(worker);
  }

  /** One that serves, at once (SIGKILL). @throws Error when none does */
  kill(): void {
    const serving = [...this.alive].filter((worker) => worker.log().includes('"worker_serving"'));
    const victim = serving[Math.floor(this.random() * serving.length)];
    if (!victim) throw new Error('no worker is left that serves');
    this.alive.delete(victim);
    victim.kill();
    this.kills++;
  }

  /** Nothing is started any more. */
  stop(): void {
    this.stopped = true;
  }

  private async supervise(worker: ClusterProcess): Promise<void> {
    this.alive.add(worker);
    await worker.exited;
    this.alive.delete(worker);
    if (!this.stopped) await this.supervise(this.cluster.startWorker());
  }
}
