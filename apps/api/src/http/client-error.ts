import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SluiceError } from '@sluice/contracts';
import { patientSockets } from './patient-sockets.js';

/** How long a client may take to accept that answer. */
const LINGER_MS = 1_000;

/** What Node finds wrong with a connection before there is a request: the answer is written by hand, and the last one. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && patientSockets.has(socket)) return;
  // Below HTTP, in TLS or TCP, nobody is there who could read an answer.
  const isHttp = error.code?.startsWith('HPE_') || error.code?.startsWith('ERR_HTTP_');
  if (!isHttp || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.write(answer(describe(error)));
  socket.destroySoon();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function describe(error: Error & { readonly code?: string }): SluiceError {
  switch (error.code ?? '') {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new SluiceError('request_timeout', 'the request was not received whole in time', { cause: error });
    case 'HPE_HEADER_OVERFLOW':
      return new SluiceError('headers_too_large', 'the headers are too large', { cause: error });
    default:
      return new SluiceError('invalid_request', `this is no HTTP request: ${error.message}`, { cause: error });
  }
}

function answer({ code, status, message }: SluiceError): string {
  const body = JSON.stringify({ error: message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Sluice-Error: ${code}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
