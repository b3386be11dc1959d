import { connect } from 'node:net';

export interface Exchange {
  /** Undefined: the connection ended without an answer. */
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly head: string;
  readonly body: Buffer;
}

const HANGS_AFTER_MS = 10_000;

/**
 * Sends bytes to a server on this machine and takes what comes back until the connection ends.
 *
 * @param isTorn the client says that nothing more will come: whatever is not whole by then never will be
 * @throws Error when the server neither answers nor ends the connection
 */
export function exchange(port: number, bytes: Uint8Array, isTorn: boolean): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => (isTorn ? socket.end(bytes) : socket.write(bytes)));
    socket.setTimeout(HANGS_AFTER_MS, () => {
      socket.destroy();
      reject(
        new Error(
          `neither answered nor ended within ${HANGS_AFTER_MS} ms: ${Buffer.concat(chunks).toString('latin1')}`,
        ),
      );
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // A reset is the end of a connection, too: what was answered before it is judged.
    socket.on('error', () => {});
    socket.on('close', () => resolve(readAnswer(Buffer.concat(chunks))));
  });
}

function readAnswer(bytes: Buffer): Exchange {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(0, end));
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
  return {
    status: status === undefined ? undefined : Number(status),
    errorCode: /\r\nx-sluice-error: (\w+)/.exec(head)?.[1],
    head,
    // Bytes that the mutated length left over are a next request, and the answer to that one follows.
    body: bytes.subarray(end + 4, length === undefined ? undefined : end + 4 + Number(length)),
  };
}
