import { formatInferResponse } from './infer-response.js';

const result = {
  outputs: [
    {
      name: 'scores',
      datatype: 'FP32' as const,
      shape: [1, 2],
      bytes: new Uint8Array(Float32Array.of(0.1, 0.9).buffer),
    },
    { name: 'la"bel', datatype: 'INT64' as const, shape: [1], bytes: new Uint8Array(BigInt64Array.of(1n).buffer) },
    { name: 'scalar', datatype: 'BOOL' as const, shape: [], bytes: Uint8Array.of(1) },
  ],
};

describe('formatInferResponse', () => {
  it('is the protocol’s response, outputs in the order of the result', () => {
    const text = formatInferResponse({ model: 'digits', version: '2', id: 'a "b"', result });
    expect(JSON.parse(text)).toEqual({
      model_name: 'digits',
      model_version: '2',
      id: 'a "b"',
      outputs: [
        { name: 'scores', datatype: 'FP32', shape: [1, 2], data: [0.1, 0.9] },
        { name: 'la"bel', datatype: 'INT64', shape: [1], data: [1] },
        { name: 'scalar', datatype: 'BOOL', shape: [], data: [true] },
      ],
    });
  });

  it('has an id only when the client gave one', () => {
    expect(JSON.parse(formatInferResponse({ model: 'm', version: '1', result: { outputs: [] } }))).toEqual({
      model_name: 'm',
      model_version: '1',
      outputs: [],
    });
    expect(formatInferResponse({ model: 'm', version: '1', id: '', result })).toContain('"id":""');
  });
});
