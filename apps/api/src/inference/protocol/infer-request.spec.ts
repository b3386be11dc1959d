import { type ErrorCode, type ServedModel, SluiceError } from '@sluice/contracts';
import * as fc from 'fast-check';
import { parseBoundedJson } from './bounded-json.js';
import { parseInferRequest, type TargetModel } from './infer-request.js';
import { isRecord } from './json-record.js';

const SERVING: ServedModel = {
  platform: 'onnxruntime_onnx',
  device: 'cpu',
  maxBatchSize: 4,
  signature: {
    inputs: [
      { name: 'image', datatype: 'FP32', shape: [-1, 3] },
      { name: 'mask', datatype: 'BOOL', shape: [-1, -1] },
    ],
    outputs: [
      { name: 'scores', datatype: 'FP32', shape: [-1, 10] },
      { name: 'label', datatype: 'INT64', shape: [-1] },
    ],
  },
};
const TARGET: TargetModel = { ref: { model: 'digits', version: '2' }, serving: SERVING };
const LIMITS = { maxElements: 100, maxInputs: 3 };

const image = { name: 'image', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
const mask = { name: 'mask', datatype: 'BOOL', shape: [2, 1], data: [[true], [false]] };
const valid = { inputs: [image, mask] };

function parse(body: unknown, serving: Partial<ServedModel> = {}) {
  return parseInferRequest(body, { ...TARGET, serving: { ...SERVING, ...serving } }, LIMITS);
}

describe('parseInferRequest', () => {
  it('reads a request into tensors in the order of the signature', () => {
    const { request } = parse({ inputs: [mask, image] });
    expect(request).toMatchObject({ model: 'digits', version: '2', rows: 2, outputs: ['scores', 'label'] });
    expect(request.inputs).toEqual([
      {
        name: 'image',
        datatype: 'FP32',
        shape: [2, 3],
        bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
      },
      { name: 'mask', datatype: 'BOOL', shape: [2, 1], bytes: Uint8Array.of(1, 0) },
    ]);
  });

  it('keeps the id, and how it is to be scheduled', () => {
    const parameters = { priority: 1, timeout: 1500, note: 'x', flag: true };
    expect(parse({ ...valid, id: 'mine', parameters })).toMatchObject({
      id: 'mine',
      schedule: { priority: 1, timeoutMs: 2 },
    });
  });

  it('keeps the form in which each output is asked for', () => {
    const outputs = [{ name: 'label', parameters: { binary_data: false } }, { name: 'scores' }];
    expect(parse({ ...valid, outputs, parameters: { binary_data_output: true } }).outputs).toEqual([
      { name: 'label', isBinary: false },
      { name: 'scores', isBinary: true },
    ]);
  });

  it('takes null for an optional member as if it were absent', () => {
    const inputs = [{ ...image, parameters: null }, mask];
    expect(parse({ id: null, parameters: null, outputs: null, inputs })).toEqual(parse(valid));
    expect(parse(valid)).not.toHaveProperty('id');
  });

  it('passes over what the protocol does not know', () => {
    expect(parse({ ...valid, model_name: 'x', inputs: [{ ...image, contents: {} }, mask] })).toEqual(parse(valid));
  });

  it.each([
    ['absent', {}, ['scores', 'label']],
    ['empty', { outputs: [] }, ['scores', 'label']],
    ['in another order', { outputs: [{ name: 'label' }, { name: 'scores' }] }, ['label', 'scores']],
    ['one of two', { outputs: [{ name: 'label', parameters: { binary_data: false } }] }, ['label']],
  ])('chooses outputs: %s', (_, asked, expected) => {
    expect(parse({ ...valid, ...asked }).request.outputs).toEqual(expected);
  });

  it('runs a request as one row where the model has no batch dimension', () => {
    const { request } = parse(
      {
        inputs: [
          { ...image, shape: [2, 3] },
          { ...mask, shape: [1, 2], data: [1, 0] },
        ],
      },
      { maxBatchSize: 0 },
    );
    expect(request.rows).toBe(1);
  });

  describe('refuses, naming the field and what it expected', () => {
    const bad: [string, unknown, string][] = [
      ['no object', [], 'body: expected an object with "inputs", got a list of 0'],
      ['null', null, 'body: expected an object with "inputs", got null'],
      ['no inputs', {}, 'inputs: expected a list of tensors, got nothing'],
      ['more inputs than the limit', { inputs: [image, mask, 7, 7] }, 'inputs: expected at most 3, got 4'],
      ['a numeric id', { ...valid, id: 5 }, 'id: expected a string, got 5'],
      [
        'a form of the outputs that is neither',
        { ...valid, parameters: { binary_data_output: 'yes' } },
        "parameters['binary_data_output']: expected true or false, got 'yes'",
      ],
      [
        'a sequence',
        { ...valid, parameters: { sequence_id: 3 } },
        "parameters['sequence_id']: expected nothing (sequences are not served), got 3",
      ],
      [
        'a binary input',
        { inputs: [{ ...image, data: undefined, parameters: { binary_data_size: 24 } }, mask] },
        "inputs[0].parameters['binary_data_size'] of 'image': expected \"data\" in a request without Inference-Header-Content-Length, got 24",
      ],
      [
        'an input that is no object',
        { inputs: [7] },
        'inputs[0]: expected an object with name, shape, datatype and data, got 7',
      ],
      [
        'an input without a name',
        { inputs: [{ ...image, name: undefined }] },
        'inputs[0].name: expected a string, got nothing',
      ],
      [
        'an unknown input',
        { inputs: [image, { ...mask, name: 'masq' }] },
        "inputs[1].name: expected an input of the model ('image', 'mask'), got 'masq'",
      ],
      ['a missing input', { inputs: [image] }, "inputs: expected all of 'image', 'mask', got no 'mask'"],
      [
        'an input twice',
        { inputs: [image, mask, image] },
        "inputs[2].name: expected each input once, got 'image' again",
      ],
      [
        'another datatype',
        { inputs: [{ ...image, datatype: 'FP64' }, mask] },
        "inputs[0].datatype of 'image': expected FP32, as the model declares, got 'FP64'",
      ],
      [
        'no datatype',
        { inputs: [{ ...image, datatype: undefined }, mask] },
        "inputs[0].datatype of 'image': expected FP32, as the model declares, got nothing",
      ],
      [
        'another rank',
        { inputs: [{ ...image, shape: [6] }, mask] },
        "inputs[0].shape of 'image': expected 2 dimensions like [-1,3], got 1",
      ],
      [
        'too little data',
        { inputs: [{ ...image, data: [1] }, mask] },
        "inputs[0].data of 'image': expected 6 elements (shape [2,3]), got 1",
      ],
      [
        'a value that does not fit',
        { inputs: [image, { ...mask, data: [true, 2] }] },
        "inputs[1].data[1] of 'mask': expected true, false, 0 or 1 (BOOL), got 2",
      ],
      [
        'more rows than a batch has',
        { inputs: [{ ...image, shape: [5, 3], data: Array(15).fill(0) }, mask] },
        "inputs[0].shape[0] of 'image': expected 1 to 4 rows (the model's largest batch), got 5",
      ],
      [
        'rows that differ',
        { inputs: [image, { ...mask, shape: [1, 2], data: [0, 1] }] },
        "inputs[1].shape[0] of 'mask': expected 2 rows like 'image', got 1",
      ],
      [
        'an unknown output',
        { ...valid, outputs: [{ name: 'label' }, { name: 'toString' }] },
        "outputs[1].name: expected an output of the model ('scores', 'label'), got 'toString'",
      ],
    ];
    it.each(bad)('%s', (_, body, message) => {
      expect(() => parse(body)).toThrow(new SluiceError('invalid_request', message));
      expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    });
  });

  it('keeps its messages short, whatever was sent', () => {
    const name = 'n'.repeat(1_000_000);
    for (const body of [
      { inputs: [{ ...image, name }] },
      { ...valid, parameters: { [name]: null } },
      { ...valid, id: [name] },
    ])
      expect(() => parse(body)).toThrow(/^.{1,300}$/);
  });

  it('throws nothing but SluiceError when a part of a valid body is replaced by anything', () => {
    const places = pathsOf(valid);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (path, value) => {
        const body = replaced(valid, path, value);
        expect(['accepted', 'invalid_request']).toContain(outcomeOf(() => parse(body)));
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but SluiceError when bytes of a valid body are changed', () => {
    const text = new TextEncoder().encode(JSON.stringify({ id: 'é', ...valid }));
    const changes = fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (bytes) => {
        const body = Uint8Array.from(text);
        for (const [at, byte] of bytes) body[at] = byte;
        const outcome = outcomeOf(() =>
          parse(parseBoundedJson(body, { maxDepth: 16, maxElements: 100, maxMembers: 100 })),
        );
        expect(['accepted', 'invalid_request']).toContain(outcome);
      }),
      { numRuns: 3000 },
    );
  });
});

type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (`${index}` === key ? replaced(item, rest, by) : item));
  return isRecord(value) ? { ...value, [key]: replaced(value[key], rest, by) } : value;
}

/** How it ended; anything but a SluiceError is thrown on, and fails the test. */
function outcomeOf(run: () => unknown): 'accepted' | ErrorCode {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}
