import type { HttpAnswer } from './http-connection.js';

/** A request that is sent again and again, with what tells a right answer from a wrong one. */
export interface PreparedRequest {
  /** Head and body, ready for the socket. */
  readonly bytes: Buffer;
  /** Cheap: it looks at every answer while the clock runs. */
  isAnsweredBy(body: Buffer): boolean;
}

/**
 * A request of the Open Inference Protocol.
 *
 * @param body its JSON
 * @param raw binary tensor data behind it
 * @param headers beside those that it needs
 */
export function prepareInfer(
  model: string,
  body: string,
  isAnsweredBy: PreparedRequest['isAnsweredBy'],
  raw?: Buffer,
  headers: Readonly<Record<string, string>> = {},
): PreparedRequest {
  const json = Buffer.from(body);
  const head = [
    `POST /v2/models/${model}/infer HTTP/1.1`,
    'host: 127.0.0.1',
    `content-type: application/${raw ? 'octet-stream' : 'json'}`,
    ...(raw ? [`inference-header-content-length: ${json.byteLength}`] : []),
    `content-length: ${json.byteLength + (raw?.byteLength ?? 0)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const bytes = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`), json, ...(raw ? [raw] : [])];
  return { bytes: Buffer.concat(bytes), isAnsweredBy };
}

/** @throws Error with the answer when it is not the right one */
export function assertAnswered(request: PreparedRequest, { status, body }: HttpAnswer): void {
  if (status === 200 && request.isAnsweredBy(body)) return;
  throw new Error(`a wrong answer: ${status} ${body.toString('utf8', 0, 300)}`);
}
