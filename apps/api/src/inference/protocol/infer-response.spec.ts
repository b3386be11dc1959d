import type { RequestedOutput } from './requested-outputs.js';
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

const JSON_ONLY = result.outputs.map(({ name }) => ({ name, isBinary: false }));

interface OutputJson {
  readonly parameters?: { readonly binary_data_size: number };
  readonly data?: readonly unknown[];
}

function binary(...names: string[]): RequestedOutput[] {
  return JSON_ONLY.map(({ name }) => ({ name, isBinary: names.includes(name) }));
}

describe('formatInferResponse', () => {
  it('names the version that has answered, where it is not the one that was asked', () => {
    const asked = { model: 'digits', version: '1', outputs: JSON_ONLY };
    const versionOf = (body: string | Uint8Array) =>
      (JSON.parse(String(body)) as { model_version: string }).model_version;
    expect(versionOf(formatInferResponse({ ...asked, result }).body)).toBe('1');
    expect(versionOf(formatInferResponse({ ...asked, result: { ...result, version: '2' } }).body)).toBe('2');
  });

  it('is the protocol’s response, outputs in the order of the result', () => {
    const { headers, body } = formatInferResponse({
      model: 'digits',
      version: '2',
      id: 'a "b"',
      result,
      outputs: JSON_ONLY,
    });
    expect(headers).toEqual({ 'content-type': 'application/json' });
    expect(JSON.parse(String(body))).toEqual({
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
    const empty = formatInferResponse({ model: 'm', version: '1', result: { outputs: [] }, outputs: [] });
    expect(JSON.parse(String(empty.body))).toEqual({ model_name: 'm', model_version: '1', outputs: [] });
    const { body } = formatInferResponse({ model: 'm', version: '1', id: '', result, outputs: JSON_ONLY });
    expect(body).toContain('"id":""');
  });

  it.each([
    ['all', binary('scores', 'la"bel', 'scalar'), 'cdcccc3d6666663f010000000000000001'],
    ['one', binary('la"bel'), '0100000000000000'],
    ['two, in the order of the result', binary('scalar', 'scores'), 'cdcccc3d6666663f01'],
  ])('puts binary outputs behind the JSON: %s', (_, outputs, hex) => {
    const { headers, body } = formatInferResponse({ model: 'm', version: '1', id: 'é', result, outputs });
    const length = Number(headers['inference-header-content-length']);
    expect(headers['content-type']).toBe('application/octet-stream');
    const bytes = Buffer.from(body);
    expect(bytes.subarray(length).toString('hex')).toBe(hex);
    const json = JSON.parse(bytes.subarray(0, length).toString()) as { outputs: OutputJson[] };
    const sizes = json.outputs.map(({ parameters }) => parameters?.binary_data_size);
    expect(sizes).toEqual(outputs.map(({ isBinary }, at) => (isBinary ? result.outputs[at]?.bytes.length : undefined)));
    expect(json.outputs.map(({ data }) => data === undefined)).toEqual(outputs.map(({ isBinary }) => isBinary));
  });

  it('carries as binary what JSON cannot', () => {
    const bytes = new Uint8Array(Float32Array.of(Number.NaN, -Infinity).buffer);
    const tensor = { name: 'y', datatype: 'FP32' as const, shape: [2], bytes };
    const reply = { model: 'm', version: '1', result: { outputs: [tensor] } };
    const { body } = formatInferResponse({ ...reply, outputs: [{ name: 'y', isBinary: true }] });
    expect(Buffer.from(body).subarray(-8)).toEqual(Buffer.from(bytes));
    expect(() => formatInferResponse({ ...reply, outputs: [{ name: 'y', isBinary: false }] })).toThrow(
      expect.objectContaining({ code: 'inference_failed' }),
    );
  });
});
