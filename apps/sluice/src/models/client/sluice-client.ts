import { once } from 'node:events';
import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { messageOf } from '@sluice/contracts';
import type { z } from 'zod';
import { UsageError } from '../../usage-error.js';
import { parseEvents, type ServerEvent } from './parse-events.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** A body that is sent as it is made. */
export interface StreamedBody {
  readonly contentType: string;
  readonly bytes: number;
  readonly content: Readable;
}

/** The REST API, as its commands use it: whatever is no success is an error with what the API says of it. */
export class SluiceClient {
  constructor(
    private readonly url: string,
    private readonly key: string | undefined,
  ) {}

  /** From SLUICE_URL and SLUICE_API_KEY. @throws UsageError */
  static from(env: NodeJS.ProcessEnv): SluiceClient {
    const url = env['SLUICE_URL'] || DEFAULT_URL;
    if (!URL.canParse(url) || !/^https?:/.test(url))
      throw new UsageError(`SLUICE_URL is \`${url}\`: expected the address of the API, such as ${DEFAULT_URL}`);
    return new SluiceClient(url.replace(/\/+$/, ''), env['SLUICE_API_KEY'] || undefined);
  }

  /** @throws UsageError with the API's own message; Error when the answer is none of the API's */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.parse(await this.ask('GET', path), schema);
  }

  /** @throws as `get` */
  async post<Schema extends z.ZodType>(path: string, schema: Schema, body?: object): Promise<z.infer<Schema>> {
    return this.parse(await this.ask('POST', path, body && JSON.stringify(body)), schema);
  }

  /** An answer that comes before all was sent ends the sending. @throws as `get` */
  async upload<Schema extends z.ZodType>(
    path: string,
    { contentType, bytes, content }: StreamedBody,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const headers = { ...this.headers(), 'content-type': contentType, 'content-length': bytes };
    const request = (this.url.startsWith('https:') ? overHttps : overHttp)(this.url + path, {
      method: 'POST',
      headers,
    });
    // What cannot be read any more ends the request; what cannot be sent any more may have been answered.
    content.once('error', (error) => request.destroy(error));
    content.pipe(request);
    try {
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      content.unpipe(request);
      const text = Buffer.concat(await response.toArray()).toString();
      request.destroy();
      return this.parse({ status: response.statusCode ?? 0, text }, schema);
    } catch (error) {
      throw error instanceof UsageError ? error : this.unreachable(error);
    } finally {
      content.destroy();
    }
  }

  /** Server-sent events, until the connection ends. @throws as `get` */
  async *events(path: string, after: string | undefined): AsyncGenerator<ServerEvent> {
    const headers = { ...this.headers(), ...(after !== undefined && { 'last-event-id': after }) };
    const response = await this.reach(fetch(this.url + path, { headers }));
    if (!response.ok || !response.body) throw this.refused(response.status, await response.text());
    yield* parseEvents(response.body);
  }

  private async ask(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    const response = await this.reach(
      fetch(this.url + path, { method, headers: this.headers(), ...(body && { body }) }),
    );
    return { status: response.status, text: await response.text() };
  }

  private headers(): Record<string, string> {
    return this.key === undefined ? {} : { 'x-api-key': this.key };
  }

  private parse<Schema extends z.ZodType>(answer: { status: number; text: string }, schema: Schema): z.infer<Schema> {
    const { status, text } = answer;
    if (status < 200 || status > 299) throw this.refused(status, text);
    return schema.parse(JSON.parse(text));
  }

  private refused(status: number, text: string): UsageError {
    const advice = status === 401 || status === 403 ? ' (SLUICE_API_KEY is to be a key of the role admin)' : '';
    return new UsageError(`${errorIn(text) ?? `${this.url} answers ${status}`}${advice}`);
  }

  private async reach<T>(asking: Promise<T>): Promise<T> {
    return asking.catch((error: unknown) => {
      throw this.unreachable(error);
    });
  }

  private unreachable(error: unknown): UsageError {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return new UsageError(
      `no answer from ${this.url}: ${messageOf(cause)}. Is the API running there? SLUICE_URL says where`,
      { cause: error },
    );
  }
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
