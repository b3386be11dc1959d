import { ApiCluster } from './fixtures/api-cluster.js';

const KEY = 'the-key-of-operations';
const FRIEND = 'https://app.example:8443';
const STRANGER = 'https://elsewhere.example';

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['quick'],
    environment: { SLUICE_API_KEYS: `ops:admin:${KEY}`, SLUICE_CORS_ORIGINS: `${FRIEND}, http://localhost:5173` },
    key: KEY,
  });
});
afterAll(() => cluster?.stop());

const preflight = (origin: string, path = '/v2/models/quick/infer') =>
  cluster.api.ask(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'x-api-key': '',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-sluice-deadline-ms',
    },
  });

describe('a page of another origin', () => {
  it.each([FRIEND, 'http://localhost:5173'])('that is named may ask: %s', async (origin) => {
    const { status, headers } = await preflight(origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    for (const name of ['authorization', 'x-sluice-deadline-ms'])
      expect(headers.get('access-control-allow-headers')).toContain(name);

    const answer = await cluster.api.inferNumber('quick', 1, { headers: { origin, 'sec-fetch-site': 'cross-site' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('retry-after-ms');
  });

  it('reads why it was refused', async () => {
    const { status, headers } = await cluster.api.ask('/v2', { headers: { origin: FRIEND, 'x-api-key': 'no' } });
    expect(status).toBe(401);
    expect(headers.get('access-control-allow-origin')).toBe(FRIEND);
  });

  it('that is not named is not allowed to, and its requests change nothing', async () => {
    expect((await preflight(STRANGER)).headers.get('access-control-allow-origin')).toBeNull();
    const marks = [
      ['origin', STRANGER],
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-site', 'same-site'],
    ] as const;
    for (const [name, value] of marks)
      for (const [method, path] of [
        ['POST', '/v2/models/quick/infer'],
        ['PUT', '/queues/api/queues/pause'],
      ] as const) {
        const answer = await cluster.api.ask(path, { method, headers: { [name]: value } });
        expect(answer).toMatchObject({ status: 403, body: { error: expect.stringContaining('Cross-origin') } });
      }
    expect((await cluster.board.queues()).map(({ isPaused }) => isPaused)).not.toContain(true);
  });

  it('of this server itself may do everything', async () => {
    const { origin } = new URL(cluster.api.url);
    const headers = { origin, 'sec-fetch-site': 'same-origin' };
    for (const path of ['/queues/api/queues/pause', '/queues/api/queues/resume'])
      expect(await cluster.api.ask(path, { method: 'PUT', headers })).toMatchObject({ status: 200 });
  });
});

describe('the headers of an answer', () => {
  it.each(['/v2', '/nothing', '/queues', '/docs'])('keep browsers from guessing and framing: %s', async (path) => {
    const { headers } = await cluster.api.ask(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    expect(headers.has('x-powered-by')).toBe(false);
    // There is no TLS here.
    expect(headers.has('strict-transport-security')).toBe(false);
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  });

  it.each(['/queues', '/docs'])('let the page work that they come with: %s', async (path) => {
    const { headers, text } = await cluster.api.ask(path);
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(' ');
        return [name, sources] as const;
      }),
    );
    const scripts = [...text.matchAll(/<script(?<attributes>[^>]*)>(?<code>[^<]*)/g)].map(({ groups }) => groups ?? {});
    expect(scripts.length).toBeGreaterThan(2);
    for (const { attributes = '', code = '' } of scripts) {
      const isData = attributes.includes('application/json');
      expect(isData || code.trim() === '').toBe(true);
      expect(isData || /src="(?!https?:|\/\/)/.test(attributes)).toBe(true);
    }
    expect(policy.get('script-src')).toEqual(["'self'"]);
    expect(text).not.toMatch(/\son\w+="/);
    expect(policy.get('style-src')).toEqual(expect.arrayContaining(["'self'", 'https:', "'unsafe-inline'"]));
    expect(policy.get('font-src')).toEqual(expect.arrayContaining(['https:']));
  });
});
