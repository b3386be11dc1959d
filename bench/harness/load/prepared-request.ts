import type { HttpAnswer } from './http-connection.js';

/** A request that is sent again and again, with what tells a right answer from a wrong one. */
export interface PreparedRequest {
  /** Head and body, ready for the socket. */
  readonly bytes: Buffer;
  /** Cheap: it looks at every answer while the clock runs. */
  isAnsweredBy(body: Buffer): boolean;
}

/** A request of the Open Inference Protocol. `body` is its JSON. */
export function prepareInfer(
  model: string,
  body: string,
  isAnsweredBy: PreparedRequest['isAnsweredBy'],
): PreparedRequest {
  const head = [
    `POST /v2/models/${model}/infer HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), isAnsweredBy };
}

/** @throws Error with the answer when it is not the right one */
export function assertAnswered(request: PreparedRequest, { status, body }: HttpAnswer): void {
  if (status === 200 && request.isAnsweredBy(body)) return;
  throw new Error(`a wrong answer: ${status} ${body.toString('utf8', 0, 300)}`);
}
