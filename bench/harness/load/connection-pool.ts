import { HttpConnection, type HttpAnswer } from './http-connection.js';

/** Connections for requests that come when they come; one that finds none free waits for its turn. */
export class ConnectionPool {
  private readonly free: HttpConnection[];
  private readonly waiting: ((connection: HttpConnection) => void)[] = [];

  private constructor(private readonly connections: readonly HttpConnection[]) {
    this.free = [...connections];
  }

  static async open(port: number, size: number): Promise<ConnectionPool> {
    return new ConnectionPool(await Promise.all(Array.from({ length: size }, () => HttpConnection.open(port))));
  }

  /** @throws Error when the connection ends first, or the answer cannot be read */
  async send(request: Buffer): Promise<HttpAnswer> {
    // The one used last is the one whose socket is warmest.
    const connection = this.free.pop() ?? (await new Promise<HttpConnection>((resolve) => this.waiting.push(resolve)));
    try {
      return await connection.send(request);
    } finally {
      const next = this.waiting.shift();
      if (next) next(connection);
      else this.free.push(connection);
    }
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}
