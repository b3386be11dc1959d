/** What a person needs once the cluster runs: where everything is, and one request to try. */
export interface Addresses {
  /** Base URL of the API. */
  readonly api: string;
  readonly redis: string;
  /** Where the logs are, relative to the repository's root. */
  readonly logs: string;
}

export function addressTable({ api, redis, logs }: Addresses): string {
  const rows = [
    ['API', api],
    ['API documentation', `${api}/docs`],
    ['Queues (Bull Board)', `${api}/queues`],
    ['Redis', redis],
    ['Logs', logs],
  ] as const;
  const width = Math.max(...rows.map(([title]) => title.length));
  return `${rows.map(([title, address]) => `  ${title.padEnd(width)}  ${address}`).join('\n')}

Try it:

  curl -s ${api}/v2/models/digits/infer -H 'content-type: application/json' -d @models/digits/samples/seven.json

Ctrl-C stops everything.
`;
}

/** A URL that reaches a listener on `host` from this machine. */
export function localUrl(host: string, port: number, isTls = false): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${isTls ? 'https' : 'http'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** A Redis URL that may be shown: without its password. */
export function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1:***@');
}
