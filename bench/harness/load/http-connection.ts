import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

interface PendingAnswer {
  resolve(answer: HttpAnswer): void;
  reject(reason: Error): void;
}

const END_OF_HEAD = '\r\n\r\n';
/** `HTTP/1.1 ` */
const STATUS_OFFSET = 9;
/** Longer than any deadline of the API: what is silent for so long is dead. */
const SILENCE_MS = 60_000;

/**
 * One kept-alive HTTP/1.1 connection, one request at a time: a socket and the least parser that Sluice's answers need.
 * The client shares the cores with what it measures, and Node's own HTTP client would cost several times as much for
 * each request.
 */
export class HttpConnection {
  private pending: PendingAnswer | undefined;
  private chunks: Buffer[] = [];
  private receivedBytes = 0;
  /** Known once the head has been read: until then nothing is put together, which for a large answer costs a lot. */
  private neededBytes = 0;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    let failure: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => this.fail(failure ?? new Error('the API closed the connection')));
  }

  /** To a server on this machine. */
  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /**
   * @param request a whole HTTP request
   * @throws Error when the connection ends first, or the answer cannot be read
   */
  send(request: Buffer): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.pending) throw new Error('a connection carries one request at a time');
      if (this.socket.destroyed) throw new Error('the connection is closed');
      this.pending = { resolve, reject };
      this.socket.write(request);
    });
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
    if (this.receivedBytes < this.neededBytes) return;
    const bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    this.chunks = [bytes];
    const headLength = bytes.indexOf(END_OF_HEAD, 0, 'latin1');
    if (headLength === -1) return;
    const head = bytes.toString('latin1', 0, headLength);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.socket.destroy(new Error(`an answer without a content-length: ${head}`));
      return;
    }
    const start = headLength + END_OF_HEAD.length;
    const end = start + Number(length);
    this.neededBytes = end;
    if (bytes.length < end) return;
    this.chunks = [];
    this.receivedBytes = 0;
    this.neededBytes = 0;
    const { pending } = this;
    this.pending = undefined;
    pending?.resolve({
      status: Number(head.slice(STATUS_OFFSET, STATUS_OFFSET + 3)),
      body: bytes.subarray(start, end),
    });
  }

  private fail(reason: Error): void {
    this.pending?.reject(reason);
    this.pending = undefined;
  }
}
