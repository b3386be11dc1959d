import { ApiCluster } from './fixtures/api-cluster.js';

const MAX_BODY_BYTES = 20_000;
const LIMITS = {
  SLUICE_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
  SLUICE_MAX_ELEMENTS: '1000',
  SLUICE_MAX_INPUTS: '3',
  SLUICE_MAX_JSON_DEPTH: '8',
};

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: [
      'pair',
      'wide',
      'four-rows',
      'unbatched',
      'versioned',
      'echo-uint8',
      'echo-bool',
      'echo-bytes',
      'echo-fp16',
    ],
    environment: LIMITS,
  });
});
afterAll(() => cluster?.stop());

const A = { name: 'a', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
const B = { name: 'b', shape: [1, 1], datatype: 'INT64', data: [7] };
const GOOD = { inputs: [A, B] };
const x = (tensor: object) => ({ inputs: [{ name: 'x', datatype: 'FP32', ...tensor }] });

interface Refusal {
  readonly what: string;
  /** `pair` unless it says otherwise. */
  readonly target?: string;
  readonly request: object | string;
  /** 400 unless it says otherwise. */
  readonly status?: number;
  /** invalid_request unless it says otherwise. */
  readonly code?: string;
  readonly error: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  // The model.
  {
    what: 'unknown model',
    target: 'nobody',
    request: GOOD,
    status: 404,
    code: 'model_not_found',
    error: /^there is no model nobody, there is: echo-bool, .*wide$/,
  },
  {
    what: 'unknown version',
    target: 'versioned/versions/11',
    request: GOOD,
    status: 404,
    code: 'version_not_found',
    error: /^model versioned has no version 11, it has: 9, 10$/,
  },
  ...['latest', '09', '-1', '9.0', '1e1'].map((version) => ({
    what: `a version that is no number (${version})`,
    target: `versioned/versions/${version}`,
    request: GOOD,
    status: 404,
    code: 'version_not_found',
    error: new RegExp(`^model versioned has no version ${version}, it has: 9, 10$`),
  })),
  // The body.
  { what: 'no body', request: '', error: /^body: expected JSON: / },
  { what: 'no JSON', request: '{"inputs": [', error: /^body: expected JSON: / },
  { what: 'two JSON texts', request: '{}{}', error: /^body: expected JSON: / },
  { what: 'a list', request: '[]', error: /^body: expected an object with "inputs", got a list of 0$/ },
  { what: 'a string', request: '"hello"', error: /^body: expected an object with "inputs", got 'hello'$/ },
  { what: 'null', request: 'null', error: /^body: expected an object with "inputs", got null$/ },
  {
    what: 'JSON that is too deep',
    request: { ...GOOD, nested: [[[[[[[[1]]]]]]]] },
    error: /^body: nested deeper than 8 levels at byte \d+$/,
  },
  {
    what: 'too many elements in all',
    request: { ...GOOD, more: Array.from({ length: 1_001 }, () => 0) },
    error: /^body: more than 1000 values at byte \d+$/,
  },
  {
    what: 'too many members in all',
    request: { ...GOOD, more: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 0])) },
    error: /^body: more than 96 object members at byte \d+$/,
  },
  { what: 'an id that is a number', request: { ...GOOD, id: 7 }, error: /^id: expected a string, got 7$/ },
  {
    what: 'parameters that are a list',
    request: { ...GOOD, parameters: [] },
    error: /^parameters: expected an object, got a list of 0$/,
  },
  // The inputs.
  { what: 'no inputs', request: {}, error: /^inputs: expected a list of tensors, got nothing$/ },
  {
    what: 'more inputs than the limit',
    request: { inputs: [A, B, A, B] },
    error: /^inputs: expected at most 3, got 4$/,
  },
  { what: 'a missing input', request: { inputs: [A] }, error: /^inputs: expected all of 'a', 'b', got no 'b'$/ },
  {
    what: 'the same input twice',
    request: { inputs: [A, B, A] },
    error: /^inputs\[2\]\.name: expected each input once, got 'a' again$/,
  },
  {
    what: 'an input that the model does not have',
    request: { inputs: [A, B, { ...A, name: 'c' }] },
    error: /^inputs\[2\]\.name: expected an input of the model \('a', 'b'\), got 'c'$/,
  },
  {
    what: 'an input without a name',
    request: { inputs: [{ ...A, name: undefined }, B] },
    error: /^inputs\[0\]\.name: expected a string, got nothing$/,
  },
  {
    what: 'another datatype',
    request: { inputs: [{ ...A, datatype: 'FP64' }, B] },
    error: /^inputs\[0\]\.datatype of 'a': expected FP32, as the model declares, got 'FP64'$/,
  },
  {
    what: 'a datatype that has no JSON form',
    target: 'echo-fp16',
    request: x({ datatype: 'FP16', shape: [1, 3], data: [1, 2, 3] }),
    error: /^outputs: expected binary_data for it, got 'x_out': FP16 has no JSON form/,
  },
  // Shapes.
  {
    what: 'another rank',
    request: { inputs: [{ ...A, shape: [2] }, B] },
    error: /^inputs\[0\]\.shape of 'a': expected 2 dimensions like \[-1,2\], got 1$/,
  },
  {
    what: 'another dimension',
    request: { inputs: [{ ...A, shape: [1, 3], data: [1, 2, 3] }, B] },
    error: /^inputs\[0\]\.shape\[1\] of 'a': expected 2 \(the model declares \[-1,2\]\), got 3$/,
  },
  {
    what: 'another fixed dimension where there is no batch dimension',
    target: 'unbatched',
    request: x({ shape: [3, 2], data: [1, 2, 3, 4, 5, 6] }),
    error: /^inputs\[0\]\.shape\[0\] of 'x': expected 2 \(the model declares \[2,3\]\), got 3$/,
  },
  ...[-1, 0, 1.5, '1', null, 2 ** 53].map((dimension) => ({
    what: `a dimension of ${JSON.stringify(dimension)}`,
    target: 'wide',
    request: x({ shape: [1, dimension], data: [1] }),
    error: /^inputs\[0\]\.shape\[1\] of 'x': expected a positive integer, got /,
  })),
  {
    what: 'dimensions whose product is beyond every number',
    target: 'wide',
    request: x({ shape: [2 ** 52, 2 ** 52], data: [1] }),
    error: /^inputs\[0\]\.shape of 'x': expected at most 1000 elements, got at least \d+$/,
  },
  {
    what: 'more rows than the largest batch',
    target: 'four-rows',
    request: x({ shape: [5, 3], data: Array.from({ length: 15 }, () => 0) }),
    error: /^inputs\[0\]\.shape\[0\] of 'x': expected 1 to 4 rows \(the model's largest batch\), got 5$/,
  },
  {
    what: 'inputs of different rows',
    request: { inputs: [A, { ...B, shape: [2, 1], data: [7, 8] }] },
    error: /^inputs\[1\]\.shape\[0\] of 'b': expected 1 rows like 'a', got 2$/,
  },
  // Data.
  {
    what: 'no data',
    request: { inputs: [{ ...A, data: undefined }, B] },
    error: /^inputs\[0\]\.data of 'a': expected a list, got nothing$/,
  },
  {
    what: 'too few elements',
    request: { inputs: [{ ...A, data: [1] }, B] },
    error: /^inputs\[0\]\.data of 'a': expected 2 elements \(shape \[1,2\]\), got 1$/,
  },
  {
    what: 'too many elements',
    request: { inputs: [{ ...A, data: [1, 2, 3] }, B] },
    error: /^inputs\[0\]\.data of 'a': expected 2 elements \(shape \[1,2\]\), got 3$/,
  },
  {
    what: 'ragged lists',
    target: 'wide',
    request: x({ shape: [2, 2], data: [[1, 2], [3]] }),
    error: /^inputs\[0\]\.data\[1\] of 'x': expected a list of 2 like the others, got a list of 1$/,
  },
  {
    what: 'a transposed tensor',
    target: 'wide',
    request: x({
      shape: [2, 3],
      data: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    }),
    error: /^inputs\[0\]\.data of 'x': expected a flat list, or lists nested as \[2,3\], got lists nested as \[3,2\]$/,
  },
  {
    what: 'a number beyond the datatype',
    target: 'echo-uint8',
    request: x({ datatype: 'UINT8', shape: [1, 3], data: [1, 256, 3] }),
    error: /^inputs\[0\]\.data\[1\] of 'x': expected an integer from 0 to 255 \(UINT8\), got 256$/,
  },
  {
    what: 'a fraction for an integer',
    target: 'echo-uint8',
    request: x({ datatype: 'UINT8', shape: [1, 3], data: [[1, 2, 2.5]] }),
    error: /^inputs\[0\]\.data\[0\]\[2\] of 'x': expected an integer from 0 to 255 \(UINT8\), got 2\.5$/,
  },
  {
    what: 'a long integer that JSON has rounded',
    request: { inputs: [A, { ...B, data: [2 ** 53] }] },
    error: /^inputs\[1\]\.data\[0\] of 'b': expected an integer .*as a decimal string/,
  },
  {
    what: 'a float beyond FP32',
    request: { inputs: [{ ...A, data: [1, 1e39] }, B] },
    error: /^inputs\[0\]\.data\[1\] of 'a': expected a number within ±3\.4028235e38 \(FP32\), got 1e\+39$/,
  },
  {
    what: 'null for a number',
    request: { inputs: [{ ...A, data: [1, null] }, B] },
    error: /^inputs\[0\]\.data\[1\] of 'a': expected a number .*, got null$/,
  },
  {
    what: 'a number for a boolean',
    target: 'echo-bool',
    request: x({ datatype: 'BOOL', shape: [1, 3], data: [true, 2, false] }),
    error: /^inputs\[0\]\.data\[1\] of 'x': expected true, false, 0 or 1 \(BOOL\), got 2$/,
  },
  {
    what: 'a string that the runtime would cut short',
    target: 'echo-bytes',
    request: x({ datatype: 'BYTES', shape: [1, 3], data: ['a', 'b\0c', 'd'] }),
    error: /^inputs\[0\]\.data\[1\] of 'x': expected a string without NUL/,
  },
  // Outputs and extensions.
  {
    what: 'an output that the model does not have',
    request: { ...GOOD, outputs: [{ name: 'c_out' }] },
    error: /^outputs\[0\]\.name: expected an output of the model \('a_out', 'b_out'\), got 'c_out'$/,
  },
  {
    what: 'the same output twice',
    request: { ...GOOD, outputs: [{ name: 'a_out' }, { name: 'a_out' }] },
    error: /^outputs\[1\]\.name: expected each output once, got 'a_out' again$/,
  },
  {
    what: 'more outputs than the limit',
    request: { ...GOOD, outputs: [{}, {}, {}, {}] },
    error: /^outputs: expected at most 3, got 4$/,
  },
  {
    what: 'binary tensor data without its header',
    request: { inputs: [{ ...A, data: undefined, parameters: { binary_data_size: 8 } }, B] },
    error:
      /^inputs\[0\]\.parameters\['binary_data_size'\] of 'a': expected "data" in a request without Inference-Header/,
  },
  // Size.
  {
    what: 'a body over the limit',
    request: JSON.stringify({ ...GOOD, padding: 'x'.repeat(MAX_BODY_BYTES) }),
    status: 413,
    code: 'payload_too_large',
    error: /^body: expected at most 20000 bytes$/,
  },
];

describe('a bad request', () => {
  it.each(REFUSALS)('is refused, and nothing is queued: $what', async (refusal) => {
    const { target = 'pair', request, status = 400, code = 'invalid_request', error } = refusal;
    const jobs = await cluster.board.jobCount();
    const answer = await cluster.api.infer(target, request);
    expect(answer.body).toEqual({ error: expect.stringMatching(error) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-sluice-error')).toBe(code);
    expect(answer.headers.has('retry-after')).toBe(false);
    expect(await cluster.board.jobCount()).toBe(jobs);

    expect(await cluster.api.infer('pair', GOOD)).toMatchObject({ status: 200 });
    expect(await cluster.board.jobCount()).toBe(jobs + 1);
  });
});
