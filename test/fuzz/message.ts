import { readdirSync, readFileSync } from 'node:fs';

/** By their names in small letters. */
type Headers = Readonly<Record<string, string | undefined>>;

/** An HTTP request as bytes, taken apart. */
export interface Message {
  /** The file that it came from. */
  readonly file: string;
  readonly model: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /** As it stands in the file. */
  readonly bytes: Buffer;
}

const CORPUS = new URL('./corpus/', import.meta.url);
const END_OF_HEAD = '\r\n\r\n';

/** Requests to start from, valid ones and ones that once did harm: a file each, whole, as it goes over the socket. */
export function readCorpus(): Message[] {
  return readdirSync(CORPUS).map((file) => {
    const bytes = readFileSync(new URL(file, CORPUS));
    const end = bytes.indexOf(END_OF_HEAD);
    const [requestLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    return {
      file,
      model: /^POST \/v2\/models\/([\w-]+)\/infer /.exec(requestLine)?.[1] ?? '',
      headers: Object.fromEntries(lines.map((line) => line.split(': '))) as Headers,
      body: bytes.subarray(end + END_OF_HEAD.length),
      bytes,
    };
  });
}

/** A request with these headers and this body, framed as HTTP wants it. The server is to end the connection. */
export function frame(model: string, headers: Headers, body: Uint8Array): Buffer {
  const { 'content-encoding': encoding, 'inference-header-content-length': length } = headers;
  const head = [
    `POST /v2/models/${model}/infer HTTP/1.1`,
    'host: sluice',
    'connection: close',
    `content-length: ${body.byteLength}`,
    ...(encoding === undefined ? [] : [`content-encoding: ${encoding}`]),
    ...(length === undefined ? [] : [`inference-header-content-length: ${length}`]),
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n') + END_OF_HEAD, 'latin1'), body]);
}
