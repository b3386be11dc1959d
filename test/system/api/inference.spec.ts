import { readFileSync } from 'node:fs';
import { ApiCluster } from './fixtures/api-cluster.js';
import type { TestModel } from './fixtures/test-models.js';

/** Values at the edges of each datatype: as sent, and as the answer's text has them. */
const ROUND_TRIPS = [
  ['BOOL', 'echo-bool', [true, false, 1], '[true,false,true]'],
  ['UINT8', 'echo-uint8', [0, 7, 255], '[0,7,255]'],
  ['UINT16', 'echo-uint16', [0, 7, 65_535], '[0,7,65535]'],
  ['UINT32', 'echo-uint32', [0, 7, 4_294_967_295], '[0,7,4294967295]'],
  [
    'UINT64',
    'echo-uint64',
    [0, '18446744073709551615', 9_007_199_254_740_991],
    '[0,18446744073709551615,9007199254740991]',
  ],
  ['INT8', 'echo-int8', [-128, 0, 127], '[-128,0,127]'],
  ['INT16', 'echo-int16', [-32_768, 0, 32_767], '[-32768,0,32767]'],
  ['INT32', 'echo-int32', [-2_147_483_648, 0, 2_147_483_647], '[-2147483648,0,2147483647]'],
  [
    'INT64',
    'echo-int64',
    ['-9223372036854775808', -1, '9223372036854775807'],
    '[-9223372036854775808,-1,9223372036854775807]',
  ],
  ['FP32', 'echo-fp32', [0.1, -3.4028235e38, 1e-45], '[0.1,-3.4028235e+38,1e-45]'],
  ['FP64', 'echo-fp64', [0.1, 1.7976931348623157e308, 5e-324], '[0.1,1.7976931348623157e+308,5e-324]'],
  ['BYTES', 'echo-bytes', ['', 'é😀', '"\n'], String.raw`["","é😀","\"\n"]`],
] as const;
const MODELS: readonly TestModel[] = ['digits', 'pair', 'versioned', 'unbatched', 'one-row', 'scaled', 'reciprocal'];
const EXAMPLE = [
  'paths',
  '/v2/models/{model}/infer',
  'post',
  'requestBody',
  'content',
  'application/json',
  'examples',
  'digits',
  'value',
];

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: [...MODELS, ...ROUND_TRIPS.map(([, model]) => model)] });
});
afterAll(() => cluster?.stop());

describe('a request', () => {
  it('is answered by the model: the sample of a five is a five', async () => {
    const sample = readFileSync(new URL('../../../models/digits/samples/five.json', import.meta.url), 'utf8');
    const { status, body } = await cluster.api.infer('digits', sample);
    expect(status).toBe(200);
    expect(body).toEqual({
      model_name: 'digits',
      model_version: '1',
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [1, 10], data: expect.any(Array) }],
    });
    const [{ data }] = (body as { outputs: [{ data: number[] }] }).outputs;
    expect(data.indexOf(Math.max(...data))).toBe(5);
  });

  it('is answered when it is the example of the documentation', async () => {
    const { body } = await cluster.api.ask('/docs-json');
    expect(body).toHaveProperty(EXAMPLE, expect.anything());
    const example = EXAMPLE.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], body);
    const { status, body: answer } = await cluster.api.infer('digits', example as object);
    expect(status).toBe(200);
    expect(answer).toMatchObject({ id: 'from-the-docs', outputs: [{ shape: [1, 10] }] });
  });

  it.each(ROUND_TRIPS)('carries %s there and back', async (datatype, model, data, expected) => {
    const { status, text } = await cluster.api.inferX(model, { shape: [1, 3], datatype, data });
    expect(status).toBe(200);
    expect(text).toBe(
      `{"model_name":"${model}","model_version":"1","outputs":[` +
        `{"name":"x_out","datatype":"${datatype}","shape":[1,3],"data":${expected}}]}`,
    );
  });

  it.each([
    ['versioned', 10, '10'],
    ['versioned/versions/10', 10, '10'],
    ['versioned/versions/9', 9, '9'],
  ])('goes to the highest version, or to the one that it names: %s', async (target, width, version) => {
    const data = Array.from({ length: width }, (_, index) => index);
    const answer = await cluster.api.inferX(target, { shape: [1, width], datatype: 'FP32', data });
    expect(answer).toMatchObject({ status: 200, body: { model_version: version, outputs: [{ data }] } });
  });

  it('gets its id back', async () => {
    const id = 'Ünïcode "quoted"';
    const inputs = [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }];
    expect(await cluster.api.infer('echo-fp32', { id, inputs })).toMatchObject({ status: 200, body: { id } });
  });

  it.each([
    [undefined, ['a_out', 'b_out']],
    [[], ['a_out', 'b_out']],
    [[{ name: 'b_out' }], ['b_out']],
    [
      [{ name: 'b_out' }, { name: 'a_out' }],
      ['b_out', 'a_out'],
    ],
  ])('gets the outputs that it asks for, in its order: %j', async (outputs, expected) => {
    const inputs = [
      { name: 'b', shape: [1, 1], datatype: 'INT64', data: [7] },
      { name: 'a', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
    ];
    const { status, body } = await cluster.api.infer('pair', { inputs, outputs });
    expect(status).toBe(200);
    const values = { a_out: [1, 2], b_out: [7] } as const;
    const answered = (body as { outputs: { name: keyof typeof values; data: number[] }[] }).outputs;
    expect(answered.map(({ name }) => name)).toEqual(expected);
    for (const { name, data } of answered) expect(data).toEqual(values[name]);
  });

  it('may have several rows, nested as the shape is', async () => {
    const data = Array.from({ length: 32 }, (_, row) => [row, row + 0.5, -1 - row]);
    const answer = await cluster.api.inferX('echo-fp32', { shape: [32, 3], datatype: 'FP32', data });
    expect(answer).toMatchObject({ status: 200, body: { outputs: [{ shape: [32, 3], data: data.flat() }] } });
  });
});

describe('requests at the same time', () => {
  it('each get their own answer, however many rows they have', async () => {
    const requests = Array.from({ length: 120 }, (_, index) => {
      const rows = 1 + (index % 5);
      return { shape: [rows, 3], data: Array.from({ length: rows * 3 }, (__, element) => index * 100 + element) };
    });
    const answers = await Promise.all(
      requests.map((request) => cluster.api.inferX('echo-fp32', { ...request, datatype: 'FP32' })),
    );
    for (const [index, request] of requests.entries())
      expect(answers[index]).toMatchObject({ status: 200, body: { outputs: [request] } });
  });

  it('do not suffer from the one among them that fails', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        cluster.api.inferX('reciprocal', { shape: [1, 1], datatype: 'FP32', data: [index === 20 ? 0 : 0.5] }),
      ),
    );
    const failed = answers.splice(20, 1);
    expect(failed).toMatchObject([
      { status: 500, body: { error: expect.stringContaining("output 'y' holds Infinity") } },
    ]);
    expect(failed[0]?.headers.get('x-sluice-error')).toBe('inference_failed');
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [2] }] } });
  });
});

describe('a model without a batch dimension runs each request alone', () => {
  it.each<[TestModel, number[]]>([
    ['unbatched', [2, 3]],
    ['one-row', [1, 4]],
  ])('%s: all dimensions fixed', async (model, shape) => {
    const count = shape.reduce((product, size) => product * size);
    const values = Array.from({ length: 12 }, (_, index) => Array.from({ length: count }, (__, at) => index * 10 + at));
    const answers = await Promise.all(
      values.map((data) => cluster.api.inferX(model, { shape, datatype: 'FP32', data })),
    );
    for (const [index, data] of values.entries())
      expect(answers[index]).toMatchObject({ status: 200, body: { outputs: [{ shape, data }] } });
  });

  it('scaled: a scalar goes in, a scalar comes out', async () => {
    const answers = await Promise.all(
      [2, 3, 4].map((factor) =>
        cluster.api.infer('scaled', {
          inputs: [
            { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] },
            { name: 'factor', shape: [], datatype: 'FP32', data: [factor] },
          ],
        }),
      ),
    );
    for (const [index, factor] of [2, 3, 4].entries())
      expect(answers[index]).toMatchObject({
        status: 200,
        body: {
          outputs: [
            { name: 'y', shape: [2, 2], data: [factor, 2 * factor, 3 * factor, 4 * factor] },
            { name: 'total', shape: [], data: [10 * factor] },
          ],
        },
      });
  });
});
