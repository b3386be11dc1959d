import { compileApiConfig } from '@sluice/config';
import { createLogger } from '@sluice/telemetry';
import { startRedis, type TestRedis } from '@sluice/testing';
import { createApi, type Api } from '../../../apps/api/src/create-api.js';
import { OwnBudgets } from '../../../apps/api/src/door/budgets.js';

const KEYS = {
  wrong: 'a-key-that-is-not-known',
  infer: 'the-key-of-the-role-infer',
  admin: 'the-key-of-the-role-admin',
};

/** Whoever opens a route writes it down here: what is not in this list is for administrators. */
const OPEN_TO_EVERYONE = ['GET /', 'GET /v2/health/live'];
const OPEN_TO_INFER = [
  'DELETE /jobs/:id',
  'GET /cluster',
  'GET /jobs',
  'GET /jobs/:id',
  'GET /models',
  'GET /models/:model',
  'GET /models/:model/versions/:version/profile',
  'GET /v2',
  'GET /v2/health/ready',
  'GET /v2/models/:model',
  'GET /v2/models/:model/config',
  'GET /v2/models/:model/ready',
  'GET /v2/models/:model/stats',
  'GET /v2/models/:model/versions/:version',
  'GET /v2/models/:model/versions/:version/config',
  'GET /v2/models/:model/versions/:version/ready',
  'GET /v2/models/:model/versions/:version/stats',
  'GET /v2/models/stats',
  'POST /v2/models/:model/infer',
  'POST /v2/models/:model/versions/:version/infer',
  'POST /v2/repository/index',
];

let redis: TestRedis;
let api: Api;
beforeAll(async () => {
  redis = await startRedis();
  const keys = `app:infer:${KEYS.infer};ops:admin:${KEYS.admin}`;
  const config = compileApiConfig({ REDIS_URL: redis.url, SLUICE_API_KEYS: keys });
  api = await createApi(config, createLogger('api', 'silent'), new OwnBudgets());
  await api.init();
  await api.app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await api?.app.close();
  await redis?.stop();
});

/** Every route of the router, HEAD as GET. */
function routes(): string[] {
  return [...api.routes.paths].flatMap(([path, methods]) =>
    [...methods.keys()].filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`),
  );
}

async function status(route: string, key?: string): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replaceAll(/:\w+\??/g, 'x').replaceAll('*', 'x');
  const headers = new Headers(key === undefined ? [] : [['x-api-key', key]]);
  const response = await fetch(`${await api.app.getUrl()}${url}`, { method, headers });
  await response.arrayBuffer();
  return response.status;
}

describe('the router', () => {
  it('has the routes of the protocol, of Bull Board and of the documentation', () => {
    expect(routes()).toEqual(expect.arrayContaining(['GET /v2', 'GET /queues', 'GET /docs', 'GET /docs-json']));
    expect(routes().filter((route) => route.includes(' /queues/api/')).length).toBeGreaterThan(20);
    expect(routes()).toEqual(expect.arrayContaining([...OPEN_TO_EVERYONE, ...OPEN_TO_INFER]));
  });

  it('lets nobody in without a key that is known, but to see that the server lives and where things are', async () => {
    for (const route of routes()) {
      const expected = OPEN_TO_EVERYONE.includes(route) ? 200 : 401;
      expect([route, await status(route), await status(route, KEYS.wrong)]).toEqual([route, expected, expected]);
    }
  });

  it('lets the role infer use what is meant for it, and nothing else', async () => {
    const open = new Set([...OPEN_TO_EVERYONE, ...OPEN_TO_INFER]);
    for (const route of routes()) {
      const answer = await status(route, KEYS.infer);
      expect([route, answer === 401, answer === 403]).toEqual([route, false, !open.has(route)]);
    }
  });

  it('lets the role admin use everything', async () => {
    for (const route of routes()) {
      const answer = await status(route, KEYS.admin);
      expect([route, answer === 401 || answer === 403]).toEqual([route, false]);
    }
  });

  it('answers to HEAD as to GET', async () => {
    expect(await status('HEAD /v2/health/live')).toBe(200);
    expect(await status('HEAD /v2/health/ready')).toBe(401);
    expect(await status('HEAD /queues', KEYS.infer)).toBe(403);
  });
});

describe('what is no route', () => {
  it.each([
    ['GET /nothing', 401, 404, 404],
    ['GET /queues/nothing/here', 401, 404, 404],
    ['PUT /v2/models/x/infer', 401, 405, 405],
    ['DELETE /queues', 401, 403, 405],
    ['DELETE /v2/health/live', 405, 405, 405],
    ['GET /v2/models/%E4', 401, 400, 400],
    [`GET /v2/models/${'m'.repeat(300)}`, 401, 404, 404],
  ])('is guarded too: %s', async (route, without, asInfer, asAdmin) => {
    expect([await status(route), await status(route, KEYS.wrong)]).toEqual([without, without]);
    expect([await status(route, KEYS.infer), await status(route, KEYS.admin)]).toEqual([asInfer, asAdmin]);
  });
});
