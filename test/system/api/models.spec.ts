import { ApiCluster } from './fixtures/api-cluster.js';

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['digits', 'versioned', 'scaled', 'echo-bytes', 'quick', 'corrupt', 'broken-config', 'bad:name'],
  });
});
afterAll(() => cluster?.stop());

describe('metadata of a model', () => {
  it('has the batch dimension as -1', async () => {
    const { status, body } = await cluster.api.ask('/v2/models/digits');
    expect(status).toBe(200);
    expect(body).toEqual({
      name: 'digits',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 1, 28, 28] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 10] }],
    });
  });

  it.each([
    ['versioned', 10],
    ['versioned/versions/10', 10],
    ['versioned/versions/9', 9],
  ])('is that of the highest version, or of the one asked for: %s', async (target, width) => {
    expect(await cluster.api.ask(`/v2/models/${target}`)).toMatchObject({
      status: 200,
      body: { name: 'versioned', versions: ['9', '10'], inputs: [{ shape: [-1, width] }] },
    });
  });

  it('shows scalars as []', async () => {
    expect(await cluster.api.ask('/v2/models/scaled')).toMatchObject({
      body: {
        inputs: [{ shape: [-1, 2] }, { name: 'factor', shape: [] }],
        outputs: [{}, { name: 'total', shape: [] }],
      },
    });
  });
});

describe('configuration of a model', () => {
  it('is the part of Triton’s that clients read, and names the device', async () => {
    const { status, body } = await cluster.api.ask('/v2/models/digits/config');
    expect(status).toBe(200);
    expect(body).toEqual({
      name: 'digits',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 32,
      input: [{ name: 'image', data_type: 'TYPE_FP32', dims: [1, 28, 28] }],
      output: [{ name: 'probabilities', data_type: 'TYPE_FP32', dims: [10] }],
      dynamic_batching: {},
      instance_group: [{ kind: 'KIND_CPU', count: 1 }],
      parameters: { device: { string_value: 'cpu' } },
      model_transaction_policy: { decoupled: false },
    });
  });

  it.each([
    ['versioned/versions/9', { input: [{ dims: [9] }] }],
    ['echo-bytes', { input: [{ data_type: 'TYPE_STRING' }] }],
    ['scaled', { max_batch_size: 0, input: [{ dims: [-1, 2] }, { dims: [] }] }],
    ['quick', { backend: 'scripted', max_batch_size: 8, parameters: { device: { string_value: 'scripted' } } }],
  ])('%s', async (target, expected) => {
    expect(await cluster.api.ask(`/v2/models/${target}/config`)).toMatchObject({ status: 200, body: expected });
  });
});

describe('readiness of a model', () => {
  it.each(['digits', 'digits/versions/1', 'versioned/versions/9'])('200 when a worker has it: %s', async (target) => {
    const [name] = target.split('/');
    const { status, body } = await cluster.api.ask(`/v2/models/${target}/ready`);
    expect({ status, body }).toEqual({ status: 200, body: { name, ready: true } });
  });

  it.each([
    ['corrupt', /cannot load .*corrupt\/1\/model\.onnx on cpu: .*Protobuf/],
    ['corrupt/versions/1', /cannot load .*corrupt\/1\/model\.onnx/],
    ['broken-config', /broken-config\/config\.json: max_batch_size: .*expected number/],
    ['bad:name', /bad:name: rename it/],
  ])('503 with the reason when it could not be loaded: %s', async (target, reason) => {
    const [name] = target.split('/');
    const { status, body } = await cluster.api.ask(`/v2/models/${target}/ready`);
    expect(status).toBe(503);
    expect(body).toEqual({ name, ready: false, reason: expect.stringMatching(reason) });
  });

  it.each(['/v2/models/nobody/ready', '/v2/models/digits/versions/7/ready'])(
    '404 when nobody knows it: %s',
    async (path) => {
      expect((await cluster.api.ask(path)).status).toBe(404);
    },
  );
});

describe('a model that cannot be loaded', () => {
  it.each([
    ['corrupt', /^model corrupt version 1 is not available: cannot load .*Protobuf/],
    ['broken-config', /^model broken-config version 1 is not available: .*max_batch_size/],
  ])('answers 503 with the reason to everything: %s', async (model, message) => {
    const x = { shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] };
    const answers = await Promise.all([
      cluster.api.inferX(model, x),
      cluster.api.ask(`/v2/models/${model}`),
      cluster.api.ask(`/v2/models/${model}/config`),
    ]);
    for (const { status, headers, body } of answers) {
      expect(status).toBe(503);
      expect(body).toEqual({ error: expect.stringMatching(message) });
      expect(headers.get('x-sluice-error')).toBe('model_unavailable');
      expect(headers.get('retry-after')).toBe('1');
    }
  });

  it('takes nothing away from the others', async () => {
    expect(await cluster.api.inferNumber('quick', 5)).toMatchObject({ status: 200 });
    expect(await cluster.api.ask('/v2/health/ready')).toMatchObject({ status: 200 });
  });

  it('has no queue, and does not keep those of the others off the board', async () => {
    const names = (await cluster.board.queues()).map(({ name }) => name);
    // Beside them the worker has one of its own, as it measured what it loaded.
    const shared = names.filter((name) => !name.includes('@'));
    expect(shared.toSorted()).toEqual([
      'inference.digits.1',
      'inference.echo-bytes.1',
      'inference.quick.1',
      'inference.scaled.1',
      'inference.versioned.10',
      'inference.versioned.9',
      'model-update',
    ]);
  });
});
