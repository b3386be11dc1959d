import { ApiCluster } from './fixtures/api-cluster.js';
import { OipClient } from './fixtures/oip-client.js';
import type { OipValue } from './fixtures/oip-codec.js';
import type { TestModel } from './fixtures/test-models.js';

/** Values at the edges; those of the second list only binary tensor data can carry. */
const DATATYPES: readonly [string, TestModel, readonly OipValue[], (readonly OipValue[])?][] = [
  ['BOOL', 'echo-bool', [true, false, true]],
  ['UINT8', 'echo-uint8', [0, 7, 255]],
  ['UINT16', 'echo-uint16', [0, 7, 65_535]],
  ['UINT32', 'echo-uint32', [0, 7, 4_294_967_295]],
  ['UINT64', 'echo-uint64', [0n, 7n, 2n ** 53n - 1n], [0n, 2n ** 63n, 2n ** 64n - 1n]],
  ['INT8', 'echo-int8', [-128, 0, 127]],
  ['INT16', 'echo-int16', [-32_768, 0, 32_767]],
  ['INT32', 'echo-int32', [-2_147_483_648, 0, 2_147_483_647]],
  ['INT64', 'echo-int64', [-7n, 0n, 2n ** 53n - 1n], [-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n]],
  ['FP32', 'echo-fp32', [0.5, -3, 2 ** 127], [Number.NaN, Infinity, -Infinity]],
  ['FP64', 'echo-fp64', [0.1, -3, 5e-324], [Number.NaN, Infinity, -0]],
  ['BYTES', 'echo-bytes', [Buffer.from('é😀'), Buffer.alloc(0), Buffer.from('"\n')]],
];
/** Half floats have no JSON form: 1, an infinity, NaN. What is no text, only a model that is not ONNX takes. */
const BINARY_ONLY: readonly [string, TestModel, readonly OipValue[]][] = [
  ['FP16', 'echo-fp16', [0x3c00, 0xfc00, 0x7e01]],
  ['BF16', 'echo-bf16', [0x3f80, 0xff80, 0x7fc1]],
  ['BYTES', 'echo-any-bytes', [Buffer.from([0xff, 0, 0xfe]), Buffer.alloc(0), Buffer.alloc(5)]],
];
const MODELS: readonly TestModel[] = [
  ...DATATYPES.map(([, model]) => model),
  ...BINARY_ONLY.map(([, model]) => model),
  'pair',
  'wide',
  'word',
  'scaled',
  'reciprocal',
];

let cluster: ApiCluster;
let client: OipClient;
beforeAll(async () => {
  cluster = await ApiCluster.start({ models: MODELS });
  client = new OipClient(cluster.api.url);
});
afterAll(() => cluster?.stop());

it('describes itself as the protocol says', async () => {
  const { extensions } = await client.serverMetadata();
  expect(extensions).toEqual(expect.arrayContaining(['binary_tensor_data', 'parameters', 'schedule_policy']));
  expect(await client.live()).toEqual({ live: true });
  expect(await client.ready()).toEqual({ ready: true });
  expect(await client.modelReady('pair')).toEqual({ name: 'pair', ready: true });
  expect(await client.modelMetadata('pair')).toMatchObject({
    name: 'pair',
    inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 2] }, { name: 'b' }],
  });
});

describe.each(DATATYPES)('%s of %s', (datatype, model, values, extremes = values) => {
  it.each([
    ['JSON', 'JSON', undefined],
    ['JSON', 'binary', undefined],
    ['binary', 'JSON', undefined],
    ['binary', 'binary', undefined],
    ['binary', 'binary', 'gzip'],
    ['binary', 'binary', 'deflate'],
    ['JSON', 'JSON', 'gzip'],
  ] as const)('goes there as %s and comes back as %s (%s)', async (there, back, compression) => {
    const carried = there === 'binary' && back === 'binary' ? extremes : values;
    const rows = [...carried, ...carried];
    const { outputs } = await client.infer(model, {
      inputs: [{ name: 'x', datatype, shape: [2, 3], values: rows, isBinary: there === 'binary' }],
      outputs: [{ name: 'x_out', isBinary: back === 'binary' }],
      ...(compression && { compression }),
    });
    expect(outputs).toEqual([{ name: 'x_out', datatype, shape: [2, 3], values: rows, isBinary: back === 'binary' }]);
  });
});

it.each(BINARY_ONLY)('%s of %s goes there and back as binary data alone', async (datatype, model, values) => {
  const { outputs } = await client.infer(model, { inputs: [{ name: 'x', datatype, shape: [1, 3], values }] });
  expect(outputs).toEqual([{ name: 'x_out', datatype, shape: [1, 3], values, isBinary: true }]);
});

describe('a request', () => {
  const a = { name: 'a', datatype: 'FP32', shape: [1, 2], values: [1, -2] };
  const b = { name: 'b', datatype: 'INT64', shape: [1, 1], values: [7n] };

  it.each([
    ['both binary', true, true],
    ['one of each form', false, true],
    ['one of each form, the other way round', true, false],
  ])('may have inputs and outputs in two forms: %s', async (_, isABinary, isBBinary) => {
    const { id, version, outputs } = await client.infer('pair', {
      id: 'Ünïcode "quoted"',
      inputs: [
        { ...b, isBinary: isBBinary },
        { ...a, isBinary: isABinary },
      ],
      outputs: [
        { name: 'b_out', isBinary: isABinary },
        { name: 'a_out', isBinary: isBBinary },
      ],
    });
    expect([id, version]).toEqual(['Ünïcode "quoted"', '1']);
    expect(outputs).toEqual([
      { ...b, name: 'b_out', isBinary: isABinary },
      { ...a, name: 'a_out', isBinary: isBBinary },
    ]);
  });

  it('is answered in the form of the whole request where an output names none', async () => {
    const inputs = [a, b].map(({ values, ...tensor }) => ({ ...tensor, data: values.map(Number) }));
    const { headers, text } = await cluster.api.infer('pair', {
      inputs,
      parameters: { binary_data_output: true },
      outputs: [{ name: 'a_out' }, { name: 'b_out', parameters: { binary_data: false } }],
    });
    const length = Number(headers.get('inference-header-content-length'));
    expect(JSON.parse(text.slice(0, length))).toMatchObject({
      outputs: [
        { name: 'a_out', parameters: { binary_data_size: 8 } },
        { name: 'b_out', data: [7] },
      ],
    });
  });

  it.each([undefined, 'application/octet-stream', 'application/json', 'text/plain; charset=latin1', 'nonsense'])(
    'may say of its content that it is %s',
    async (type) => {
      const json = JSON.stringify({
        inputs: [
          { name: 'a', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
          { name: 'b', datatype: 'INT64', shape: [1, 1], data: [7] },
        ],
      });
      const { status, body } = await cluster.api.ask('/v2/models/pair/infer', {
        method: 'POST',
        body: Buffer.concat([Buffer.from(json), Buffer.from(Float32Array.of(1, -2).buffer)]),
        headers: {
          'inference-header-content-length': String(json.length),
          ...(type !== undefined && { 'content-type': type }),
        },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ outputs: [{ data: [1, -2] }, { data: [7] }] });
    },
  );

  it('may come in chunks', async () => {
    const json = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 3], parameters: { binary_data_size: 3 } }],
    });
    const bytes = Buffer.concat([Buffer.from(json), Buffer.of(1, 2, 3)]);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.byteLength; at += 20) controller.enqueue(bytes.subarray(at, at + 20));
        controller.close();
      },
    });
    const headers = { 'inference-header-content-length': String(json.length) };
    const answer = await cluster.api.ask('/v2/models/echo-uint8/infer', { method: 'POST', body, headers });
    expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [1, 2, 3] }] } });
  });

  it('gets as binary data the infinity that JSON could not carry', async () => {
    const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], values: [0] }] };
    expect((await client.infer('reciprocal', request)).outputs).toMatchObject([{ values: [Infinity] }]);
    await expect(client.infer('reciprocal', { ...request, outputs: [{ name: 'y', isBinary: false }] })).rejects.toThrow(
      "500 output 'y' holds Infinity",
    );
  });

  it('may have a scalar', async () => {
    const { outputs } = await client.infer('scaled', {
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [2, 2], values: [1, 2, 3, 4] },
        { name: 'factor', datatype: 'FP32', shape: [], values: [3] },
      ],
    });
    expect(outputs).toMatchObject([{ values: [3, 6, 9, 12] }, { shape: [], values: [30] }]);
  });

  it('may have more numbers than JSON may', async () => {
    const width = 4_500_000;
    const values = Array.from({ length: width }, (_, index) => index % 1000);
    const { outputs } = await client.infer('wide', {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], values }],
    });
    expect(outputs[0]?.shape).toEqual([1, width]);
    expect(outputs[0]?.values.findIndex((value, index) => value !== values[index])).toBe(-1);
  });
});

describe('a raw request', () => {
  it.each<[TestModel, string, Buffer<ArrayBuffer>, number[]]>([
    ['echo-fp32', 'FP32', Buffer.from(Float32Array.of(1, Number.NaN, -3).buffer), [1, 3]],
    ['echo-fp16', 'FP16', Buffer.from('003c007c007e', 'hex'), [1, 3]],
    ['wide', 'FP32', Buffer.from(Float32Array.of(1, 2, 3, 4, 5).buffer), [1, 5]],
  ])('is the only input: %s', async (model, datatype, body, shape) => {
    const [output] = (await client.inferRaw(model, body)).outputs;
    expect(output).toMatchObject({ datatype, shape, isBinary: true });
    expect(output?.values).toHaveLength(shape.at(-1) ?? 0);
    const again = await client.infer(model, {
      inputs: [{ name: 'x', datatype, shape, values: output?.values ?? [] }],
    });
    expect(again.outputs).toEqual([output]);
  });

  it('is one string', async () => {
    const { outputs } = await client.inferRaw('word', Buffer.from('a whole body, é'));
    expect(outputs).toEqual([
      { name: 'x_out', datatype: 'BYTES', shape: [1, 1], values: [Buffer.from('a whole body, é')], isBinary: true },
    ]);
  });
});

it('batches binary requests with those in JSON, and each gets its own answer in its own form', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      client.infer('echo-fp32', {
        id: String(index),
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], values: [index, 1, 2], isBinary: index % 2 === 0 }],
        outputs: [{ name: 'x_out', isBinary: index % 3 === 0 }],
      }),
    ),
  );
  for (const [index, { id, outputs }] of answers.entries()) {
    expect(id).toBe(String(index));
    expect(outputs).toMatchObject([{ values: [index, 1, 2], isBinary: index % 3 === 0 }]);
  }
});
