import { ApiCluster } from './fixtures/api-cluster.js';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}
interface Document {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const MODEL = '/v2/models/{model}';
const VERSION = `${MODEL}/versions/{version}`;
const INFER = [`${MODEL}/infer`, `${VERSION}/infer`];
const PROFILE = '/models/{model}/versions/{version}/profile';
const ROLLOUTS = '/models/{model}/rollouts';
const INSTRUCTIONS = ['promote', 'rollback', 'pause', 'resume'];
const SUCCESSES: Readonly<Record<string, readonly string[]>> = {
  [`post ${PROFILE}`]: ['202'],
  'post /models/{model}/versions': ['200', '201'],
  [`post ${ROLLOUTS}`]: ['201'],
};
const OPERATIONS = [
  ...['/', '/v2', '/v2/health/live', '/v2/health/ready'].map((path) => ['get', path] as const),
  ...[MODEL, VERSION].flatMap((path) => ['', '/ready', '/config'].map((what) => ['get', path + what] as const)),
  ...INFER.map((path) => ['post', path] as const),
  ...['/v2/models', MODEL, VERSION].map((path) => ['get', `${path}/stats`] as const),
  ...['/jobs', '/jobs/{id}'].map((path) => ['get', path] as const),
  ['delete', '/jobs/{id}'] as const,
  ...['index', 'models/{model}/load', 'models/{model}/unload'].map((it) => ['post', `/v2/repository/${it}`] as const),
  ...['get', 'post'].map((method) => [method, PROFILE] as const),
  ['get', '/cluster'] as const,
  ['get', '/models'] as const,
  ['get', '/models/{model}'] as const,
  ['post', '/models/{model}/versions'] as const,
  ['delete', '/models/{model}/versions/{version}'] as const,
  ...['get', 'post'].map((method) => [method, ROLLOUTS] as const),
  ...['', '/events'].map((what) => ['get', `${ROLLOUTS}/{id}${what}`] as const),
  ...INSTRUCTIONS.map((what) => ['post', `${ROLLOUTS}/{id}/${what}`] as const),
  ['post', '/workers/{id}/pause'] as const,
  ['post', '/workers/{id}/resume'] as const,
];

let cluster: ApiCluster;
let document: Document;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: [], workers: 0, environment: { SLUICE_LOG_LEVEL: 'debug' } });
  const { status, body } = await cluster.api.ask('/docs-json');
  expect(status).toBe(200);
  document = body as Document;
});
afterAll(() => cluster?.stop());

function operations(): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

function schemaOf(content: Content | undefined): Schema {
  const { schema = {} } = content?.['application/json'] ?? content?.['text/event-stream'] ?? {};
  return schema;
}

/** Where a schema says nothing at all. */
function* emptySchemas(schema: Schema, at: string): Generator<string> {
  if (Object.keys(schema).every((key) => key === 'description')) yield at;
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* emptySchemas(property, at === '' ? name : `${at}.${name}`);
  for (const option of schema.anyOf ?? []) yield* emptySchemas(option, at);
  if (schema.items) yield* emptySchemas(schema.items, `${at}[]`);
  if (typeof schema.additionalProperties === 'object') yield* emptySchemas(schema.additionalProperties, `${at}{}`);
}

describe('the OpenAPI document', () => {
  it('is one of OpenAPI 3', () => {
    expect(document.openapi).toMatch(/^3\.0\.\d$/);
    expect(document.info).toEqual({
      title: 'Sluice',
      version: expect.any(String),
      description: expect.any(String),
      contact: expect.anything(),
    });
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(document)).not.toContain('$ref');
  });

  it('lists the routes that the server has, and no others', () => {
    const mapped = cluster.processes.apis[0]?.log().matchAll(/Mapped \{(?<path>[^,]+), (?<method>[A-Z]+)\} route/g);
    const routes = [...(mapped ?? [])].map(({ groups }) => `${groups?.['method']} ${groups?.['path']}`);
    const documented = operations().map(
      ({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    expect(documented.toSorted()).toEqual(routes.toSorted());
    expect(operations().map(({ path, method }) => [method, path])).toEqual(expect.arrayContaining([...OPERATIONS]));
    expect(documented).toHaveLength(OPERATIONS.length);
  });

  describe.each(OPERATIONS)('%s %s', (method, path) => {
    const operation = () => document.paths[path]?.[method] as Operation;

    it('says what it is for, and has the parameters of its path', () => {
      expect(operation().summary).toBeTruthy();
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = operation().parameters.filter((parameter) => parameter.in === 'path');
      expect(described.map(({ name }) => name)).toEqual(inPath);
    });

    it('has an object of known shape for each answer, and one success', () => {
      const { responses } = operation();
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description).toBeTruthy();
        if (status === '204') continue;
        const answer = schemaOf(content);
        const schema = answer.type === 'array' ? (answer.items ?? {}) : answer;
        expect(schema).toMatchObject({ type: 'object', properties: expect.anything() });
        expect([...emptySchemas(schema, '')]).toEqual([]);
      }
      const successes = Object.keys(responses).filter((status) => Number(status) < 400);
      const expected = SUCCESSES[`${method} ${path}`] ?? (INFER.includes(path) ? ['200', '202'] : ['200']);
      expect(successes).toEqual(method === 'delete' ? ['204'] : expected);
    });
  });

  it('has the body of an inference request', () => {
    for (const path of INFER) {
      const content = document.paths[path]?.['post']?.requestBody?.content;
      expect(schemaOf(content)).toMatchObject({ type: 'object', required: ['inputs'] });
      expect([...emptySchemas(schemaOf(content), '')]).toEqual(['inputs[].data[][]']);
    }
  });

  it('has the errors that inference may end with', () => {
    const { responses } = document.paths['/v2/models/{model}/infer']?.['post'] ?? {};
    const statuses = Object.keys(responses ?? {});
    expect(statuses).toEqual(['200', '202', '400', '404', '410', '413', '415', '422', '429', '500', '503', '504']);
  });

  it.each(['/docs', '/docs/'])('is shown as a page with everything that the page needs: %s', async (path) => {
    const { status, headers, text } = await cluster.api.ask(path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const needs = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(needs.length).toBeGreaterThan(3);
    for (const url of needs) {
      const asset = new URL(url, cluster.api.url + path);
      expect(asset.origin).toBe(cluster.api.url);
      expect(await cluster.api.ask(asset.pathname)).toMatchObject({ status: 200 });
    }
  });
});
