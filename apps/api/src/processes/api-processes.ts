import cluster, { type Worker } from 'node:cluster';
import {
  describeExit,
  SupervisedProcess,
  type Death,
  type ProcessExit,
  type RunningProcess,
} from '@sluice/local-cluster';
import type { Logger } from '@sluice/telemetry';

/** A process ends itself after 9 s. */
const STOP_GRACE_MS = 9_500;

interface ForkedApi extends RunningProcess {
  /** Rejects when the process ends before it listens. */
  readonly listening: Promise<void>;
}

/**
 * The processes of one API on one address, as the first of them sees it, which answers no request itself: it opens the
 * port, keeps the processes alive, and stops them.
 *
 * Each is a whole API, with an id, a channel for its replies and connections to Redis of its own: what one accepted, any
 * other can be asked about. When this process is killed, they end at once: their channel to it closes.
 *
 * They accept connections themselves (SCHED_NONE). Node's own way, by which the first process accepts each and hands it
 * on in turn, leaves those hanging that were on their way to a process when it died, and is a third as fast for clients
 * that connect anew for each request. Both spread connections evenly (64 of them on two processes: 29 and 35, 32 and 32).
 */
export class ApiProcesses {
  private readonly processes: SupervisedProcess[] = [];
  private stopped: Promise<boolean> | undefined;
  private endedInOrder = true;

  /** @param onFork told of each process before it can ask anything */
  constructor(
    private readonly count: number,
    private readonly logger: Logger,
    private readonly onFork: (worker: Worker) => void = () => {},
  ) {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    // Infinity, which is a limit, is no JSON.
    cluster.setupPrimary({ serialization: 'advanced' });
  }

  /**
   * Resolves when all listen. One goes ahead: what keeps it from listening would keep all of them, and is told once.
   * @throws Error when one ended before it listened for the first time; `stop` then ends the others
   */
  async start(): Promise<void> {
    await this.add();
    await Promise.all(Array.from({ length: this.count - 1 }, () => this.add()));
  }

  /** Ends all in order, and waits for it. @returns whether each ended as it should; those cut short did not */
  stop(): Promise<boolean> {
    this.stopped ??= Promise.all(this.processes.map((process) => process.stop(STOP_GRACE_MS))).then(
      () => this.endedInOrder,
    );
    return this.stopped;
  }

  private async add(): Promise<void> {
    if (this.stopped) return;
    const forks: ForkedApi[] = [];
    const process = new SupervisedProcess({
      name: `api-${this.processes.length + 1}`,
      onDeath: (death) => this.tellOf(death),
      launch: () => {
        const forked = this.fork();
        forks.push(forked);
        return Promise.resolve(forked);
      },
    });
    this.processes.push(process);
    await process.start();
    try {
      await forks[0]?.listening;
    } catch (error) {
      if (!this.stopped) throw error;
    }
  }

  private fork(): ForkedApi {
    const worker = cluster.fork();
    this.onFork(worker);
    const exited = exitOf(worker);
    worker.process.once('exit', (code) => {
      if (this.stopped && code !== 0) this.endedInOrder = false;
    });
    const listening = new Promise<void>((resolve, reject) => {
      worker.once('listening', () => resolve());
      void exited.then((exit) => reject(new Error(`a process ended before it listened: ${describeExit(exit)}`)));
    });
    // Nobody waits for those that are started again.
    listening.catch(() => {});
    const { pid } = worker.process;
    const kill = (signal: NodeJS.Signals) => void worker.process.kill(signal);
    return { pid, exited, listening, terminate: () => kill('SIGTERM'), kill: () => kill('SIGKILL') };
  }

  private tellOf({ name, exit, deathsInARow, restartInMs }: Death): void {
    this.logger.error({ name, exit: describeExit(exit), deathsInARow, restartInMs }, 'api_process_died');
  }
}

function exitOf(worker: Worker): Promise<ProcessExit> {
  return new Promise((resolve) => {
    worker.process.once('exit', (code, signal) => resolve({ code, signal }));
    // It could not be started, or a message to it not be sent.
    worker.on('error', () => {
      if (worker.process.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}
