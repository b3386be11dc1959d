import type { ModelSignature } from '@sluice/contracts';
import type { PackedBatch, PackedTensor } from '../inference-engine.js';
import { assertBatchFits } from './assert-batch-fits.js';

const signature: ModelSignature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 't', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};
const x: PackedTensor = { name: 'x', datatype: 'FP32', shape: [3, 2], byteOffset: 0, byteLength: 24 };
const t: PackedTensor = { name: 't', datatype: 'BYTES', shape: [3], byteOffset: 24, byteLength: 12 };
const batch: PackedBatch = { buffer: new ArrayBuffer(40), inputs: [x, t], outputs: ['y'] };

function check(changes: Partial<PackedBatch>, hasBatchDimension = true): void {
  assertBatchFits({ signature, hasBatchDimension }, { ...batch, ...changes });
}

describe('assertBatchFits', () => {
  it('lets through what fits, in any order, empty batches as well', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ inputs: [t, x] })).not.toThrow();
    const empty = [
      { ...x, shape: [0, 2], byteLength: 0 },
      { ...t, shape: [0], byteLength: 0 },
    ];
    expect(() => check({ inputs: empty })).not.toThrow();
  });

  it.each<[string, Partial<PackedBatch>]>([
    ['input t is missing', { inputs: [x] }],
    ['an input is given twice', { inputs: [x, t, t] }],
    ['the model has no input z', { inputs: [x, t, { ...t, name: 'z' }] }],
    ['input x is FP64, the model wants FP32', { inputs: [{ ...x, datatype: 'FP64' }, t] }],
    ['input x has shape [3, 3], the model wants [-1, 2]', { inputs: [{ ...x, shape: [3, 3] }, t] }],
    ['input x has shape [6], the model wants [-1, 2]', { inputs: [{ ...x, shape: [6] }, t] }],
    ['input x has shape [-3, 2]', { inputs: [{ ...x, shape: [-3, 2] }, t] }],
    ['input x has shape [1.5, 2]', { inputs: [{ ...x, shape: [1.5, 2] }, t] }],
    ['input x has 20 bytes for 6 elements of FP32', { inputs: [{ ...x, byteLength: 20 }, t] }],
    ['input t has 11 bytes for 3 elements of BYTES', { inputs: [x, { ...t, byteLength: 11 }] }],
    ['input x starts at byte 4, which is no multiple of 8', { inputs: [{ ...x, byteOffset: 4 }, t] }],
    ['input x ends at byte 48 of a buffer of 40', { inputs: [{ ...x, byteOffset: 24 }, t] }],
    ['the inputs differ in rows: 3, 2', { inputs: [x, { ...t, shape: [2] }] }],
    ['the model has no output z', { outputs: ['y', 'z'] }],
    ['an output is asked for twice', { outputs: ['y', 'y'] }],
    ['no output is asked for', { outputs: [] }],
  ])('%s', (message, changes) => {
    expect(() => check(changes)).toThrow(message);
  });

  it('lets the inputs of a model without a batch dimension differ in their first one', () => {
    expect(() => check({ inputs: [x, { ...t, shape: [2] }] }, false)).not.toThrow();
  });

  it('leaves the shape to the runtime where the model declares none', () => {
    const open = { inputs: [{ name: 'x', datatype: 'FP32', shape: [] }], outputs: signature.outputs } as const;
    const model = { signature: open, hasBatchDimension: false };
    expect(() => assertBatchFits(model, { ...batch, inputs: [x] })).not.toThrow();
  });
});
