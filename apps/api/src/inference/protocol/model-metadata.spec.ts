import type { ServedModel } from '@sluice/contracts';
import { formatConfig, formatMetadata } from './model-metadata.js';

const REF = { model: 'digits', version: '2' };
const SERVING: ServedModel = {
  platform: 'onnxruntime_onnx',
  device: 'cpu',
  maxBatchSize: 32,
  signature: {
    inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 784] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'word', datatype: 'BYTES', shape: [-1, -1] },
    ],
  },
};

describe('formatMetadata', () => {
  it('declares the batch dimension as -1', () => {
    expect(formatMetadata(REF, ['1', '2'], SERVING)).toEqual({
      name: 'digits',
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 784] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'word', datatype: 'BYTES', shape: [-1, -1] },
      ],
    });
  });
});

describe('formatConfig', () => {
  it('leaves the batch dimension out of dims and says that requests are batched', () => {
    expect(formatConfig(REF, SERVING)).toEqual({
      name: 'digits',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 32,
      input: [{ name: 'image', data_type: 'TYPE_FP32', dims: [784] }],
      output: [
        { name: 'label', data_type: 'TYPE_INT64', dims: [] },
        { name: 'word', data_type: 'TYPE_STRING', dims: [-1] },
      ],
      dynamic_batching: {},
      instance_group: [{ kind: 'KIND_CPU', count: 1 }],
      parameters: { device: { string_value: 'cpu' } },
      model_transaction_policy: { decoupled: false },
    });
  });

  it('declares whole shapes and no batching where each request runs alone', () => {
    const config = formatConfig(REF, { ...SERVING, maxBatchSize: 0 });
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 784] }] });
    expect(config).not.toHaveProperty('dynamic_batching');
  });

  it.each([
    ['cpu', 'KIND_CPU'],
    ['cuda:1', 'KIND_GPU'],
    ['webgpu', 'KIND_GPU'],
  ])('names the device in use: %s is %s', (device, kind) => {
    expect(formatConfig(REF, { ...SERVING, device })).toMatchObject({
      instance_group: [{ kind, count: 1 }],
      parameters: { device: { string_value: device } },
    });
  });
});
