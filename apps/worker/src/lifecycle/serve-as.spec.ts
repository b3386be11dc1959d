import type { Datatype } from '@sluice/contracts';
import type { LoadedModel } from '@sluice/inference-engine';
import { serveAs } from './serve-as.js';

const loaded = (hasBatchDimension: boolean): LoadedModel => ({
  signature: {
    inputs: [{ name: 'image', datatype: 'FP32', shape: [hasBatchDimension ? -1 : 1, 28, -1] }],
    outputs: [{ name: 'label', datatype: 'INT64', shape: [hasBatchDimension ? -1 : 1] }],
  },
  device: 'cpu',
  hasBatchDimension,
  run: () => Promise.reject(new Error('not run here')),
  release: async () => {},
});
const onnx = { platform: 'onnxruntime_onnx' as const };
const image = (datatype: Datatype, dims: number[]) => ({ ...onnx, inputs: [{ name: 'image', datatype, dims }] });

describe('serveAs', () => {
  it.each([
    [true, undefined, 32],
    [true, 8, 8],
    [true, 100, 32],
    [true, 0, 0],
    [false, undefined, 0],
    [false, 0, 0],
  ])('batch dimension %s, max_batch_size %s: batches of up to %i', (batched, maxBatchSize, expected) => {
    expect(serveAs({ ...onnx, maxBatchSize }, loaded(batched), 32).maxBatchSize).toBe(expected);
  });

  it('accepts a configuration that describes the model, with dims as Triton writes them', () => {
    expect(() => serveAs(image('FP32', [28, 28]), loaded(true), 32)).not.toThrow();
    expect(() => serveAs(image('FP32', [1, 28, -1]), loaded(false), 32)).not.toThrow();
  });

  it.each([
    ['a batch that the model does not have', { ...onnx, maxBatchSize: 8 }, false, 'max_batch_size 8'],
    ['another datatype', image('FP64', [28, 28]), true, 'input image as FP64, but the model has FP32'],
    ['another shape', image('FP32', [27, 28]), true, 'shape [-1,27,28], but the model has [-1,28,-1]'],
    ['another rank', image('FP32', [28]), true, 'shape [-1,28]'],
    ['an unknown output', { ...onnx, outputs: [{ name: 'x', datatype: 'FP32' as const, dims: [] }] }, true, 'output x'],
  ])('refuses %s, saying what to change', (_, config, batched, message) => {
    expect(() => serveAs(config, loaded(batched), 32)).toThrow(
      expect.objectContaining({ code: 'model_unavailable', message: expect.stringContaining(message) }),
    );
  });
});
