import { decodeRequest, type ServedModel } from '@sluice/contracts';
import { readBody } from './codec-work.js';

const COUNT = 10 * 256 * 1024;
const serving: ServedModel = {
  platform: 'onnxruntime_onnx',
  device: 'cpu',
  maxBatchSize: 8,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }],
  },
};
const target = { ref: { model: 'm', version: '1' }, serving };
const limits = { maxElements: 10 * COUNT, maxInputs: 4, maxJsonDepth: 8 };

/** JSON, and 10 MB behind it. */
function binaryBody(json: object): { readonly body: Buffer; readonly jsonLength: string; readonly raw: Buffer } {
  const raw = Buffer.from(Float32Array.from({ length: COUNT }, (_, index) => index).buffer);
  const head = Buffer.from(JSON.stringify(json));
  return { body: Buffer.concat([head, raw]), jsonLength: String(head.byteLength), raw };
}

describe('a body that is read', () => {
  it('becomes the payload where it lies, when its tensor is raw and asked for as the official clients do', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [1, COUNT], parameters: { binary_data_size: COUNT * 4 } };
    const outputs = [{ name: 'y', parameters: { binary_data: true } }];
    const { body, jsonLength, raw } = binaryBody({ inputs: [input], outputs });
    const { payload, rows } = readBody({ body, jsonLength, target, isUnpinned: false, limits });
    // Not by `toBe`, which would print both.
    expect(payload.buffer === body.buffer).toBe(true);
    expect(rows).toBe(1);
    const request = decodeRequest(payload);
    expect(request.outputs).toEqual(['y']);
    expect(raw.equals(request.inputs[0]?.bytes ?? Buffer.of())).toBe(true);
  });

  it('says in the payload whether its client named a version', () => {
    const of = (isUnpinned: boolean) => {
      const body = Buffer.from(Float32Array.of(1, 2, 3).buffer);
      return decodeRequest(readBody({ body, jsonLength: '0', target, isUnpinned, limits }).payload).unpinned;
    };
    expect([of(true), of(false)]).toEqual([true, undefined]);
  });

  it('is copied once when there is no room for what goes in front of the tensor', () => {
    const body = Buffer.from(Float32Array.of(1, 2, 3).buffer);
    const { payload } = readBody({ body, jsonLength: '0', target, isUnpinned: false, limits });
    expect(payload.buffer === body.buffer).toBe(false);
    expect(decodeRequest(payload).inputs[0]?.bytes).toEqual(new Uint8Array(body));
  });
});
