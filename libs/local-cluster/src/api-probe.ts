import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

const ANSWER_TIMEOUT_MS = 2_000;

/** Asks an API of this machine how it does, over HTTP or HTTPS, with its key or without one. */
export class ApiProbe {
  /** @param url base URL of the API */
  constructor(
    private readonly url: string,
    private readonly key?: string,
  ) {}

  get hasKey(): boolean {
    return this.key !== undefined;
  }

  /** @throws Error when there is no answer within 2 s; the signal's reason when aborted */
  async get(path: string, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }> {
    const response = await this.send(path, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]));
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  private send(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = this.key === undefined ? {} : { 'x-api-key': this.key };
    const options = { headers, signal, agent: false } as const;
    return new Promise((resolve, reject) => {
      const request = this.url.startsWith('https:')
        ? // The certificate is for the name that clients use, not for this machine's own address.
          requestHttps(this.url + path, { ...options, rejectUnauthorized: false }, resolve)
        : requestHttp(this.url + path, options, resolve);
      request.once('error', reject).end();
    });
  }
}
