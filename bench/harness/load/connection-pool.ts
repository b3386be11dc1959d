import { HttpConnection, type HttpAnswer } from './http-connection.js';

/** Connections for requests that come when they come; one that finds none free waits for its turn. */
export class ConnectionPool {
  private readonly free: HttpConnection[];
  private readonly waiting: ((connection: HttpConnection) => void)[] = [];

  private constructor(
    private readonly port: number,
    private readonly connections: HttpConnection[],
  ) {
    this.free = [...connections];
  }

  static async open(port: number, size: number): Promise<ConnectionPool> {
    return new ConnectionPool(port, await Promise.all(Array.from({ length: size }, () => HttpConnection.open(port))));
  }

  /** @throws Error when the connection ends first, or the answer cannot be read */
  async send(request: Buffer): Promise<HttpAnswer> {
    // The one used last is the one whose socket is warmest.
    const next = this.free.pop() ?? (await new Promise<HttpConnection>((resolve) => this.waiting.push(resolve)));
    const connection = next.isOpen ? next : await this.another();
    try {
      return await connection.send(request);
    } finally {
      const waiting = this.waiting.shift();
      if (waiting) waiting(connection);
      else this.free.push(connection);
    }
  }

  /** In the place of one that was idle for longer than the server keeps it. */
  private async another(): Promise<HttpConnection> {
    const connection = await HttpConnection.open(this.port);
    this.connections.push(connection);
    return connection;
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}
