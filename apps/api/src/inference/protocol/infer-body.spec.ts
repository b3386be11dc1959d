import { type Datatype, type ServedModel, SluiceError, type TensorSpec } from '@sluice/contracts';
import { parseInferBody } from './infer-body.js';

const LIMITS = { maxElements: 100, maxInputs: 3, maxJsonDepth: 8 };
const PAIR: TensorSpec[] = [
  { name: 'a', datatype: 'FP32', shape: [-1, 2] },
  { name: 'b', datatype: 'BYTES', shape: [-1, 1] },
];
const A = { name: 'a', datatype: 'FP32', shape: [1, 2] };
const B = { name: 'b', datatype: 'BYTES', shape: [1, 1] };
const A_BYTES = Buffer.from('0000803f000000c0', 'hex');
const B_BYTES = Buffer.from('0300000061c3a9', 'hex');

interface Sent {
  readonly json?: object;
  readonly raw?: readonly Uint8Array[];
  /** The header; by default the length of the JSON. */
  readonly length?: string;
  readonly inputs?: readonly TensorSpec[];
  readonly maxBatchSize?: number;
}

function parse({ json, raw = [], length, inputs = PAIR, maxBatchSize = 8 }: Sent) {
  const text = Buffer.from(json === undefined ? '' : JSON.stringify(json));
  const body = Buffer.concat([text, ...raw]);
  const serving: ServedModel = {
    platform: 'onnxruntime_onnx',
    device: 'cpu',
    maxBatchSize,
    signature: {
      inputs,
      outputs: [
        { name: 'y', datatype: 'FP16', shape: [-1] },
        { name: 'z', datatype: 'FP32', shape: [-1] },
      ],
    },
  };
  const target = { ref: { model: 'm', version: '1' }, serving };
  return { body, parsed: parseInferBody(body, length ?? `${text.byteLength}`, target, LIMITS) };
}

const binary = (tensor: object, size: unknown) => ({ ...tensor, parameters: { binary_data_size: size } });
const asking = (...inputs: object[]) => ({ inputs, outputs: [{ name: 'z' }] });

describe('a body with binary tensor data', () => {
  it('gives each input its part, in the order of the request, without a copy', () => {
    const { body, parsed } = parse({ json: asking(binary(B, 7), binary(A, 8)), raw: [B_BYTES, A_BYTES] });
    const [a, b] = parsed.request.inputs;
    expect(a).toEqual({ ...A, bytes: A_BYTES });
    expect(b).toEqual({ ...B, bytes: B_BYTES });
    for (const tensor of [a, b]) expect(tensor?.bytes.buffer).toBe(body.buffer);
  });

  it('may have inputs in JSON as well', () => {
    const { parsed } = parse({ json: asking({ ...B, data: ['aé'] }, binary(A, 8)), raw: [A_BYTES] });
    expect(parsed.request.inputs).toEqual([
      { ...A, bytes: A_BYTES },
      { ...B, bytes: B_BYTES },
    ]);
  });

  it('may be JSON alone, of the whole length', () => {
    const { parsed } = parse({ json: asking({ ...A, data: [1, -2] }, { ...B, data: ['aé'] }) });
    expect(parsed.request.inputs[0]?.bytes).toEqual(new Uint8Array(A_BYTES));
  });

  it('may have more numbers than JSON may', () => {
    const inputs: TensorSpec[] = [{ name: 'a', datatype: 'UINT8', shape: [-1] }];
    const json = asking(binary({ name: 'a', datatype: 'UINT8', shape: [500] }, 500));
    const { parsed } = parse({ json, raw: [new Uint8Array(500)], inputs, maxBatchSize: 0 });
    expect(parsed.request.inputs[0]?.shape).toEqual([500]);
  });

  it.each<[string, Sent, string]>([
    [
      'more than is there',
      { json: asking(binary(A, 8), binary(B, 7)), raw: [A_BYTES, B_BYTES.subarray(1)] },
      "inputs[1].parameters['binary_data_size'] of 'b': expected at most 6 bytes, which is what is left of the body behind the JSON, got 7",
    ],
    [
      'less than is there',
      { json: asking(binary(A, 8), binary(B, 7)), raw: [A_BYTES, B_BYTES, Buffer.from('x')] },
      "body: expected 15 bytes behind the JSON, as the inputs' binary_data_size add up to, got 16",
    ],
    [
      'bytes that belong to nobody',
      { json: asking({ ...A, data: [1, 2] }, { ...B, data: ['x'] }), raw: [A_BYTES] },
      "body: expected 0 bytes behind the JSON, as the inputs' binary_data_size add up to, got 8",
    ],
    ...[-1, 1.5, '8', true, 2 ** 60].map((size): [string, Sent, string] => [
      `a size of ${JSON.stringify(size)}`,
      { json: asking(binary(A, size), binary(B, 7)), raw: [A_BYTES, B_BYTES] },
      size === 2 ** 60
        ? "inputs[0].parameters['binary_data_size'] of 'a': expected a number of bytes, 0 or more, got 1152921504606847000"
        : `inputs[0].parameters['binary_data_size'] of 'a': expected a number of bytes, 0 or more, got ${size === '8' ? "'8'" : size}`,
    ]),
    [
      'no size and no data',
      { json: asking(A, binary(B, 7)), raw: [A_BYTES, B_BYTES] },
      "inputs[0].data of 'a': expected a list, or binary_data_size in the parameters, got nothing",
    ],
    [
      'a size and data',
      { json: asking({ ...binary(A, 8), data: [1, 2] }, binary(B, 7)), raw: [A_BYTES, B_BYTES] },
      "inputs[0].data of 'a': expected nothing beside binary_data_size, got a list of 2",
    ],
    [
      'a size that is not the shape’s',
      { json: asking(binary(A, 7), binary(B, 7)), raw: [A_BYTES, B_BYTES] },
      "inputs[0].parameters['binary_data_size'] of 'a': expected 8 bytes (FP32 of shape [1,2]), got 7",
    ],
    [
      'a string that reaches beyond its tensor',
      { json: asking(binary(A, 8), binary(B, 6)), raw: [A_BYTES, B_BYTES.subarray(0, 6)] },
      "inputs[1].parameters['binary_data_size'] of 'b': expected at most 2 bytes, which is what is left, in element 0 (BYTES), got 3",
    ],
    [
      'a huge dimension',
      { json: asking(binary({ ...A, shape: [2 ** 52, 2] }, 8), binary(B, 7)), raw: [A_BYTES, B_BYTES] },
      "inputs[0].shape of 'a': expected at most 100 elements, got at least 4503599627370496",
    ],
    [
      'JSON that is cut off by the header',
      { json: asking(binary(A, 8)), length: '10', raw: [A_BYTES] },
      'body: expected JSON: ',
    ],
    ...['-1', '+1', '1e1', '', '0x10', 'ten', '5, 5', '10000000000000000', '9999'].map(
      (length): [string, Sent, string] => [
        `a header of '${length}'`,
        { json: asking(binary(A, 8), binary(B, 7)), length, raw: [A_BYTES, B_BYTES] },
        `inference-header-content-length: expected a number of bytes from 0 to `,
      ],
    ),
  ])('is refused with %s', (_, sent, message) => {
    expect(() => parse(sent)).toThrow(SluiceError);
    expect(() => parse(sent)).toThrow(message);
  });
});

describe('a raw request', () => {
  const raw = (datatype: Datatype, shape: number[], hex: string, maxBatchSize = 8) =>
    parse({ inputs: [{ name: 'x', datatype, shape }], raw: [Buffer.from(hex, 'hex')], length: '0', maxBatchSize });

  it.each<[Datatype, number[], string, number, number[]]>([
    ['FP32', [-1, 2], '0000803f000000c0', 8, [1, 2]],
    ['FP32', [-1, -1], '0000803f000000c0', 8, [1, 2]],
    ['UINT8', [-1, 2, -1, 3], '000000000000000000000000', 8, [1, 2, 2, 3]],
    ['FP16', [-1], '003c', 8, [1]],
    ['BOOL', [-1], '000101', 0, [3]],
    ['FP64', [], '0000000000000000', 0, []],
    ['INT8', [2, 2], '00010203', 0, [2, 2]],
  ])('is one %s of %j: %s', (datatype, shape, hex, maxBatchSize, expected) => {
    const { body, parsed } = raw(datatype, shape, hex, maxBatchSize);
    const [input] = parsed.request.inputs;
    expect(input).toEqual({ name: 'x', datatype, shape: expected, bytes: Buffer.from(hex, 'hex') });
    expect(input?.bytes.buffer).toBe(body.buffer);
    expect(parsed.request).toMatchObject({ rows: 1, outputs: ['y', 'z'] });
    expect(parsed.outputs).toEqual([
      { name: 'y', isBinary: true },
      { name: 'z', isBinary: true },
    ]);
    expect(parsed.schedule).toEqual({ priority: 100 });
  });

  it.each<[number[], string, string]>([
    [[-1, 1], '61c3a9', '0300000061c3a9'],
    [[-1, -1], '', '00000000'],
    [[-1], '61', '0100000061'],
  ])('is one string of %j: %s', (shape, hex, expected) => {
    const [input] = raw('BYTES', shape, hex).parsed.request.inputs;
    expect(Buffer.from(input?.bytes ?? []).toString('hex')).toBe(expected);
    expect(input?.shape).toEqual(shape.map(() => 1));
  });

  it.each<[string, () => unknown, string]>([
    [
      'a model with two inputs',
      () => parse({ raw: [A_BYTES], length: '0' }),
      "inference-header-content-length: expected the length of the JSON, as the model has 2 inputs ('a', 'b'), got 0 for a raw request, which is one input",
    ],
    ['another length', () => raw('FP32', [-1, 2], '0000803f'), 'body: expected 8 bytes (FP32 of shape [1,2]), got 4'],
    [
      'a length that no dimension makes',
      () => raw('FP32', [-1, -1, 2], '0000803f'),
      "body of 'x': expected a multiple of 8 bytes (FP32 of shape [1,-1,2]), got 4",
    ],
    [
      'no body',
      () => raw('FP32', [-1, -1], ''),
      "body of 'x': expected a multiple of 4 bytes (FP32 of shape [1,-1]), got 0",
    ],
    [
      'two open dimensions',
      () => raw('FP32', [-1, -1, -1], '0000803f'),
      "body of 'x': expected JSON that says the shape (the model declares [-1,-1,-1]), got a raw request, whose length can tell one dimension only",
    ],
    [
      'two strings',
      () => raw('BYTES', [-1, 2], '61'),
      "body of 'x': expected 2 elements (BYTES of shape [-1,2]), got a raw request, which is one element",
    ],
    [
      'a byte that is no BOOL',
      () => raw('BOOL', [-1, 1], '07'),
      'body: expected bytes of 0 or 1 (BOOL), got 7 at byte 0',
    ],
    [
      'a string that is no text',
      () => raw('BYTES', [-1], 'ff'),
      'body: expected text in UTF-8 (BYTES), got other bytes in element 0',
    ],
  ])('is refused with %s', (_, send, message) => {
    expect(send).toThrow(new SluiceError('invalid_request', message));
  });
});
