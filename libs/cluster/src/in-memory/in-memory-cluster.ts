import { Cluster, type Reply, type WorkerReport } from '../cluster.js';
import { decodeReplies, encodeReplies } from '../reply-frame.js';

type Listener = (replies: readonly Reply[]) => void;

/** What the members of one cluster share, in one process. */
export class InMemoryClusterHub {
  readonly reports = new Map<string, WorkerReport>();
  readonly runs = new Map<string, readonly string[]>();
  readonly listeners = new Map<string, Listener>();
}

/** A member of a cluster without a network, for the simulator and for tests of the apps' logic. */
export class InMemoryCluster extends Cluster {
  private id: string | undefined;
  private apiId: string | undefined;

  constructor(private readonly hub: InMemoryClusterHub) {
    super();
  }

  override async join(report: WorkerReport): Promise<void> {
    this.id = report.id;
    this.hub.reports.set(report.id, report);
  }

  override update(report: WorkerReport): Promise<void> {
    return this.join(report);
  }

  override async leave(): Promise<void> {
    if (this.id !== undefined) this.hub.reports.delete(this.id);
  }

  override async workers(): Promise<WorkerReport[]> {
    return [...this.hub.reports.values()];
  }

  override announceRun(workerId: string, jobIds: readonly string[]): void {
    this.hub.runs.set(workerId, jobIds);
  }

  override async lastRun(workerId: string): Promise<readonly string[]> {
    return this.hub.runs.get(workerId) ?? [];
  }

  override async reply(apiId: string, replies: readonly Reply[]): Promise<boolean> {
    const listener = this.hub.listeners.get(apiId);
    // Through the same bytes as on the wire, and never within the caller's turn.
    const message = encodeReplies(replies);
    if (listener) setImmediate(() => listener(decodeReplies(message)));
    return listener !== undefined;
  }

  override async subscribe(apiId: string, onReplies: Listener): Promise<void> {
    this.apiId = apiId;
    this.hub.listeners.set(apiId, onReplies);
  }

  override async ping(): Promise<void> {}

  override async start(): Promise<void> {}

  override async stop(): Promise<void> {
    await this.leave();
    if (this.apiId !== undefined) this.hub.listeners.delete(this.apiId);
  }
}
