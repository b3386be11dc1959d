import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.js';
import { assertAnswered, type PreparedRequest } from './prepared-request.js';

export interface LoadSample {
  /** Of the answers that arrived in the window, from when they were sent. */
  readonly latenciesMs: readonly number[];
  readonly seconds: number;
}

/**
 * So many clients, each of which sends its next request when the last one is answered. The load goes on between windows,
 * so that none of them sees it rise or fall.
 */
export class ClosedLoop {
  private connections: HttpConnection[] = [];
  private running: Promise<unknown> = Promise.resolve();
  private stopping = false;
  private latenciesMs: number[] = [];
  private answers = 0;

  /** @param requests one for each client */
  constructor(
    private readonly port: number,
    private readonly requests: readonly PreparedRequest[],
  ) {}

  /** Answers since the last start; after `stop`, of all that was sent. */
  get answered(): number {
    return this.answers;
  }

  async start(): Promise<void> {
    this.stopping = false;
    this.answers = 0;
    this.connections = await Promise.all(this.requests.map(() => HttpConnection.open(this.port)));
    this.running = Promise.all(this.requests.map((request, client) => this.serve(this.connections[client]!, request)));
    // It is `window` and `stop` that report a failure.
    this.running.catch(() => {});
  }

  /** @throws Error at the first answer that is wrong, or missing */
  async window(ms: number): Promise<LoadSample> {
    this.latenciesMs = [];
    const startedAt = performance.now();
    await Promise.race([delay(ms), this.running]);
    const { latenciesMs } = this;
    this.latenciesMs = [];
    return { latenciesMs, seconds: (performance.now() - startedAt) / 1000 };
  }

  /** Takes the answers that are still to come. @throws Error when one of them is wrong, or missing */
  async stop(): Promise<void> {
    this.stopping = true;
    try {
      await this.running;
    } finally {
      for (const connection of this.connections) connection.close();
    }
  }

  private async serve(connection: HttpConnection, request: PreparedRequest): Promise<void> {
    while (!this.stopping) {
      const sentAt = performance.now();
      const answer = await connection.send(request.bytes);
      this.latenciesMs.push(performance.now() - sentAt);
      assertAnswered(request, answer);
      this.answers++;
    }
  }
}
