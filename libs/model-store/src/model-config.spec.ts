import { parseModelConfig } from './model-config.js';

describe('parseModelConfig', () => {
  it('compiles every field', () => {
    const config = {
      name: 'm',
      platform: 'scripted',
      max_batch_size: 16,
      input: [{ name: 'text', data_type: 'TYPE_STRING', dims: [-1] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [1, 10] }],
      dynamic_batching: { max_queue_delay_microseconds: 500, preferred_batch_size: [8, 4] },
      ragged_batching: [{ buckets: [32, 16], inputs: [{ name: 'text', dim: 0 }], outputs: [{ name: 'y', dim: 1 }] }],
      affinity: { saves_ms: 20 },
      share_class: 'offline',
      memory_bytes: 4_096,
    };
    expect(parseModelConfig(JSON.stringify(config), 'm')).toEqual({
      platform: 'scripted',
      maxBatchSize: 16,
      inputs: [{ name: 'text', datatype: 'BYTES', dims: [-1] }],
      outputs: [{ name: 'y', datatype: 'FP32', dims: [1, 10] }],
      dynamicBatching: { maxQueueDelayMicroseconds: 500, preferredBatchSizes: [4, 8] },
      ragged: [
        { buckets: [16, 32], inputs: [{ name: 'text', dim: 0, padValue: 0 }], outputs: [{ name: 'y', dim: 1 }] },
      ],
      affinity: { savesMs: 20 },
      shareClass: 'offline',
      memoryBytes: 4_096,
    });
  });

  it('leaves open what the file does not say', () => {
    expect(parseModelConfig('{}', 'm')).toEqual({ platform: 'onnxruntime_onnx' });
  });

  it('tells a batch size of 0 from none', () => {
    expect(parseModelConfig('{"max_batch_size": 0}', 'm').maxBatchSize).toBe(0);
  });

  it.each([
    ['an unknown key', '{"max_batchsize": 4}', 'unknown key "max_batchsize": remove or correct'],
    ['unknown keys', '{"a": 4, "b": 2}', 'unknown keys "a", "b": remove or correct'],
    ['a nested unknown key', '{"dynamic_batching": {"delay": 4}}', 'unknown key "dynamic_batching.delay"'],
    ['text that is not JSON', '{max_batch_size: 4}', 'not JSON: '],
    ['JSON that is not an object', '[]', 'expected object'],
    ['a wrong type', '{"max_batch_size": "4"}', 'max_batch_size: '],
    ['a ragged dimension without buckets', '{"ragged_batching": [{"buckets": [], "inputs": []}]}', 'buckets'],
    ['a negative size', '{"max_batch_size": -1}', 'max_batch_size: '],
    ['a platform that is not there', '{"platform": "pytorch_libtorch"}', 'platform: '],
    ['an unknown datatype', '{"input": [{"name": "x", "data_type": "FP32", "dims": []}]}', 'input.0.data_type: '],
    ['a dim of 0', '{"output": [{"name": "x", "data_type": "TYPE_FP32", "dims": [0]}]}', 'output.0.dims.0: '],
    [
      'a batch size past the cap',
      '{"max_batch_size": 4, "dynamic_batching": {"preferred_batch_size": [2, 8]}}',
      'of 8 is',
    ],
    ['another name', '{"name": "n"}', 'name is "n", but the folder is "m"'],
    ['two faults at once', '{"max_batch_size": "4", "platform": 1}', '; '],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseModelConfig(text, 'm')).toThrow(message);
  });
});
