import { ApiCluster } from './fixtures/api-cluster.js';
import type { TestModel } from './fixtures/test-models.js';

const MAX_BODY_BYTES = 20_000;
const LIMITS = { SLUICE_MAX_BODY_BYTES: String(MAX_BODY_BYTES), SLUICE_MAX_ELEMENTS: '1000' };

let cluster: ApiCluster;
beforeAll(async () => {
  cluster = await ApiCluster.start({
    models: ['pair', 'wide', 'word', 'echo-fp32', 'echo-fp16', 'echo-bool', 'echo-bytes'],
    environment: LIMITS,
  });
});
afterAll(() => cluster?.stop());

const X = (datatype: string, shape: readonly number[], size?: unknown) => ({
  name: 'x',
  datatype,
  shape,
  ...(size !== undefined && { parameters: { binary_data_size: size } }),
});
const THREE = Buffer.from(Float32Array.of(1, 2, 3).buffer);

interface Refusal {
  readonly what: string;
  /** `echo-fp32` unless it says otherwise. */
  readonly model?: TestModel;
  readonly inputs?: readonly object[];
  readonly json?: string;
  /** Behind the JSON. */
  readonly raw?: Uint8Array;
  /** The header; the length of the JSON unless it says otherwise. */
  readonly length?: string;
  readonly parameters?: object;
  readonly outputs?: readonly object[];
  readonly error: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  // The header.
  ...['-1', 'ten', '1e2', '99999'].map((length) => ({
    what: `a header of ${length}`,
    inputs: [X('FP32', [1, 3], 12)],
    raw: THREE,
    length,
    error: new RegExp(
      `^inference-header-content-length: expected a number of bytes from 0 to \\d+, the length of the body, got '${length}'$`,
    ),
  })),
  {
    what: 'JSON that the header cuts off',
    inputs: [X('FP32', [1, 3], 12)],
    raw: THREE,
    length: '20',
    error: /^body: expected JSON: /,
  },
  { what: 'JSON that is cut off in the middle', json: '{"inputs":[', raw: THREE, error: /^body: expected JSON: / },
  {
    what: 'a header that is too long by one',
    inputs: [X('FP32', [1, 3], 12)],
    raw: Buffer.from('x'),
    length: '+1',
    error: /^inference-header-content-length: /,
  },
  // The sizes.
  {
    what: 'fewer bytes than announced',
    inputs: [X('FP32', [1, 3], 12)],
    raw: THREE.subarray(0, 11),
    error: /^inputs\[0\]\.parameters\['binary_data_size'\] of 'x': expected at most 11 bytes, .*, got 12$/,
  },
  {
    what: 'surplus bytes',
    inputs: [X('FP32', [1, 3], 12)],
    raw: Buffer.concat([THREE, Buffer.of(0)]),
    error: /^body: expected 12 bytes behind the JSON, as the inputs' binary_data_size add up to, got 13$/,
  },
  ...[-12, 1.5, '12', false].map((size) => ({
    what: `a size of ${JSON.stringify(size)}`,
    inputs: [X('FP32', [1, 3], size)],
    raw: THREE,
    error: /^inputs\[0\]\.parameters\['binary_data_size'\] of 'x': expected a number of bytes, 0 or more, got /,
  })),
  {
    what: 'no size',
    inputs: [X('FP32', [1, 3])],
    raw: THREE,
    error: /^inputs\[0\]\.data of 'x': expected a list, or binary_data_size in the parameters, got nothing$/,
  },
  {
    what: 'a size, and data too',
    inputs: [{ ...X('FP32', [1, 3], 12), data: [1, 2, 3] }],
    raw: THREE,
    error: /^inputs\[0\]\.data of 'x': expected nothing beside binary_data_size, got a list of 3$/,
  },
  {
    what: 'a size that is not the shape’s',
    inputs: [X('FP32', [1, 3], 8)],
    raw: THREE.subarray(4),
    error: /'binary_data_size'\] of 'x': expected 12 bytes \(FP32 of shape \[1,3\]\), got 8$/,
  },
  {
    what: 'half floats of the wrong size',
    model: 'echo-fp16',
    inputs: [X('FP16', [1, 3], 12)],
    raw: THREE,
    parameters: { binary_data_output: true },
    error: /expected 6 bytes \(FP16 of shape \[1,3\]\), got 12$/,
  },
  {
    what: 'dimensions whose product is beyond every number',
    model: 'wide',
    inputs: [X('FP32', [2 ** 52, 2 ** 52], 12)],
    raw: THREE,
    error: /^inputs\[0\]\.shape of 'x': expected at most 1000 elements, got at least \d+$/,
  },
  // The elements.
  {
    what: 'a byte that is no boolean',
    model: 'echo-bool',
    inputs: [X('BOOL', [1, 3], 3)],
    raw: Buffer.of(0, 1, 9),
    error: /expected bytes of 0 or 1 \(BOOL\), got 9 at byte 2$/,
  },
  ...[
    [
      'a string that overruns its tensor',
      '01000000610100000062ff00000063',
      /expected at most 1 bytes, .* in element 2 \(BYTES\), got 255$/,
    ],
    [
      'a length that is cut off',
      '010000006101000000620100',
      /expected a length of 4 bytes in front of element 2 \(BYTES\), got 2$/,
    ],
    ['too few strings', '01000000610100000062', /expected 3 elements \(BYTES of shape \[1,3\]\), got 2$/],
    ['too many strings', '00000000000000000000000000000000', /expected 3 elements .*, got 4$/],
    [
      'a string that is no text',
      '000000000000000001000000ff',
      /expected text in UTF-8 \(BYTES\), got other bytes in element 2$/,
    ],
  ].map(([what, hex, error]) => {
    const raw = Buffer.from(hex as string, 'hex');
    const inputs = [X('BYTES', [1, 3], raw.byteLength)];
    return { what: what as string, model: 'echo-bytes' as const, inputs, raw, error: error as RegExp };
  }),
  // Raw requests.
  {
    what: 'a raw request to a model with two inputs',
    model: 'pair',
    json: '',
    raw: THREE,
    length: '0',
    error: /^inference-header-content-length: expected the length of the JSON, as the model has 2 inputs \('a', 'b'\)/,
  },
  {
    what: 'a raw request of another length',
    json: '',
    raw: THREE.subarray(1),
    length: '0',
    error: /^body: expected 12 bytes \(FP32 of shape \[1,3\]\), got 11$/,
  },
  {
    what: 'a raw request of a part of an element',
    model: 'wide',
    json: '',
    raw: THREE.subarray(1),
    length: '0',
    error: /^body of 'x': expected a multiple of 4 bytes \(FP32 of shape \[1,-1\]\), got 11$/,
  },
  {
    what: 'a raw request for three strings',
    model: 'echo-bytes',
    json: '',
    raw: THREE,
    length: '0',
    error: /^body of 'x': expected 3 elements .*, got a raw request, which is one element$/,
  },
  // Parameters.
  ...[
    ['sequence_id', 7, /^parameters\['sequence_id'\]: expected nothing \(sequences are not served\), got 7$/],
    [
      'sequence_start',
      true,
      /^parameters\['sequence_start'\]: expected nothing \(sequences are not served\), got true$/,
    ],
    ['headers', 'x', /^parameters\['headers'\]: expected another name/],
    ['triton_enable', 1, /^parameters\['triton_enable'\]: expected another name \(those with 'triton_' are reserved\)/],
    ['binary_data_output', 'yes', /^parameters\['binary_data_output'\]: expected true or false, got 'yes'$/],
    ['priority', -1, /^parameters\['priority'\]: expected an integer from 0 to 2097151/],
    ['priority', 2 ** 21, /^parameters\['priority'\]: expected an integer from 0 to 2097151/],
    ['timeout', -1, /^parameters\['timeout'\]: expected a number of microseconds, 0 or more/],
    ['timeout', 'soon', /^parameters\['timeout'\]: expected a number of microseconds, 0 or more/],
  ].map(([name, value, error]) => ({
    what: `${name as string}: ${value as string}`,
    inputs: [X('FP32', [1, 3], 12)],
    raw: THREE,
    parameters: { [name as string]: value },
    error: error as RegExp,
  })),
  {
    what: 'classification of an output',
    inputs: [X('FP32', [1, 3], 12)],
    raw: THREE,
    outputs: [{ name: 'x_out', parameters: { classification: 2 } }],
    error: /^outputs\[0\]\.parameters\['classification'\] of 'x_out': expected nothing \(the classification/,
  },
];

describe('a bad binary request', () => {
  it.each(REFUSALS)('is refused, and nothing is queued: $what', async (refusal) => {
    const { model = 'echo-fp32', inputs, parameters, outputs, raw = Buffer.alloc(0), error } = refusal;
    const json = Buffer.from(refusal.json ?? JSON.stringify({ inputs, parameters, outputs }));
    const jobs = await cluster.board.jobCount();
    const answer = await cluster.api.ask(`/v2/models/${model}/infer`, {
      method: 'POST',
      body: Buffer.concat([json, raw]),
      headers: { 'inference-header-content-length': refusal.length ?? String(json.byteLength) },
    });
    expect(answer.body).toEqual({ error: expect.stringMatching(error) });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-sluice-error')).toBe('invalid_request');
    expect(await cluster.board.jobCount()).toBe(jobs);

    const good = await cluster.api.inferX('echo-fp32', { shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] });
    expect(good).toMatchObject({ status: 200 });
    expect(await cluster.board.jobCount()).toBe(jobs + 1);
  });
});
