import { connect } from 'node:net';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { ApiCluster } from './fixtures/api-cluster.js';

let cluster: ApiCluster;
beforeAll(async () => {
  // Empty is not set: what the API binds to by default.
  cluster = await ApiCluster.start({ models: ['mlp', 'echo-fp32'], environment: { SLUICE_HOST: '' } });
});
afterAll(() => cluster?.stop());

const REQUEST = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }] });

describe('the server', () => {
  it.each(['/v2', '/v2/'])('describes itself at %s', async (path) => {
    const { status, body } = await cluster.api.ask(path);
    expect(status).toBe(200);
    expect(body).toEqual({
      name: 'sluice',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      extensions: [
        'model_repository',
        'schedule_policy',
        'model_configuration',
        'binary_tensor_data',
        'parameters',
        'statistics',
      ],
    });
  });

  it('says where its parts are, to everybody: each is there', async () => {
    const { status, body } = await cluster.api.ask('/');
    expect(status).toBe(200);
    expect(body).toEqual({ name: 'sluice', links: expect.anything() });
    const { links } = body as { links: Readonly<Record<string, string>> };
    expect(Object.keys(links)).toEqual(['documentation', 'openapi', 'queues', 'server', 'live', 'ready']);
    for (const path of Object.values(links)) expect([path, (await cluster.api.ask(path)).status]).toEqual([path, 200]);
  });

  it('is live, and ready with a worker that has a model', async () => {
    expect(await cluster.api.ask('/v2/health/live')).toMatchObject({ status: 200, body: { live: true } });
    expect(await cluster.api.ask('/v2/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
  });

  it('can be reached from this machine only, unless it is told otherwise', async () => {
    const { port, hostname } = new URL(cluster.api.url);
    expect(cluster.processes.apis[0]?.log()).toContain(`"url":"http://${hostname}:${port}"`);
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address, internal, scopeid } of addresses) {
      if (internal || scopeid) continue;
      const socket = connect(Number(port), address);
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

describe('a path', () => {
  it.each([
    ['POST', '/v2', 'GET, HEAD'],
    ['DELETE', '/v2/health/live', 'GET, HEAD'],
    ['POST', '/v2/models/mlp', 'GET, HEAD'],
    ['PUT', '/v2/models/mlp/versions/1/ready', 'GET, HEAD'],
    ['GET', '/v2/models/mlp/infer', 'POST'],
    ['OPTIONS', '/v2/models/mlp/versions/1/infer', 'POST'],
    ['PATCH', '/docs-json', 'GET, HEAD'],
    ['POST', '/queues', 'GET, HEAD'],
    ['DELETE', '/queues/api/queues', 'GET, HEAD'],
    ['POST', '/queues/api/queues/model-update/pause', 'PUT'],
  ])('that is known answers 405 to the wrong method: %s %s', async (method, path, allow) => {
    const { status, headers, body } = await cluster.api.ask(path, { method });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe(allow);
    expect(body).toEqual({ error: `${method} is not allowed here, expected ${allow}` });
    expect(headers.get('x-sluice-error')).toBe('method_not_allowed');
  });

  it.each([
    ['GET', '/v3'],
    ['GET', '/v2/models'],
    ['POST', '/v2/models/mlp/explain'],
    ['GET', '/v2/models/mlp/versions'],
    ['GET', '/v2/models//ready'],
    ['DELETE', '/queues/nothing/here'],
  ])('that is unknown answers 404: %s %s', async (method, path) => {
    const { status, body } = await cluster.api.ask(path, { method });
    expect(status).toBe(404);
    expect(body).toEqual({ error: 'Not Found' });
  });

  it('with a name that no model could have answers 404', async () => {
    const { status, body } = await cluster.api.ask(`/v2/models/${'m'.repeat(300)}`);
    expect(status).toBe(404);
    expect(body).toEqual({ error: expect.stringContaining('max param length') });
  });

  it('answers to HEAD as to GET, without a body', async () => {
    expect(await cluster.api.ask('/v2/health/ready', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('is decoded: a model can be named in percent-encoding', async () => {
    expect(await cluster.api.ask('/v2/models/%6D%6Cp')).toMatchObject({ status: 200, body: { name: 'mlp' } });
    const { status, body } = await cluster.api.ask('/v2/models/caf%C3%A9%2Flatte%20%3F');
    expect(status).toBe(404);
    expect(body).toEqual({ error: expect.stringContaining('there is no model café/latte ?,') });
  });

  it('that cannot be decoded answers 400 in the same shape as every error', async () => {
    const { status, headers, body } = await cluster.api.ask('/v2/models/%E4');
    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringContaining('/v2/models/%E4') });
    expect(headers.get('x-sluice-error')).toBe('invalid_request');
  });
});

describe('the body of an inference request', () => {
  it.each([
    undefined,
    '',
    'application/json',
    'application/json; charset=latin1',
    'application/octet-stream',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'no type at all',
  ])('is JSON whatever its Content-Type says: %s', async (type) => {
    const { status, headers: answered } = await cluster.api.infer('echo-fp32', REQUEST, {
      ...(type !== undefined && { headers: { 'content-type': type } }),
    });
    expect(status).toBe(200);
    expect(answered.get('content-type')).toMatch(/^application\/json/);
  });

  it.each([
    [415, 'content-encoding', 'br', 'unsupported_media_type'],
    [400, 'inference-header-content-length', '-1', 'invalid_request'],
  ])(
    'is refused with %d when it is announced in a form that is not served: %s',
    async (expected, name, value, code) => {
      const { status, headers, body } = await cluster.api.infer('echo-fp32', REQUEST, { headers: { [name]: value } });
      expect(status).toBe(expected);
      expect(body).toEqual({ error: expect.stringMatching(new RegExp(`^${name}: expected .*, got '${value}'`)) });
      expect(headers.get('x-sluice-error')).toBe(code);
    },
  );
});
