import type { InferenceRequest, ServedModel, Tensor, TensorSpec } from '@sluice/contracts';
import fc from 'fast-check';
import { adoptRequest } from './adopt-request.js';

const X: TensorSpec = { name: 'x', datatype: 'INT32', shape: [-1, 2] };
const M: TensorSpec = { name: 'mask', datatype: 'BOOL', shape: [-1] };
const Y: TensorSpec = { name: 'y', datatype: 'INT32', shape: [-1, 1] };

const heir = (inputs: TensorSpec[], outputs: TensorSpec[], maxBatchSize = 4) => {
  const serving: ServedModel = { platform: 'scripted', signature: { inputs, outputs }, maxBatchSize, device: 'test' };
  return { ref: { model: 'm', version: '2' }, serving };
};
const tensor = (name: string, datatype: Tensor['datatype'], shape: number[]): Tensor => ({
  name,
  datatype,
  shape,
  bytes: new Uint8Array(),
});
const request = (changed: Partial<InferenceRequest> = {}): InferenceRequest => ({
  model: 'm',
  version: '1',
  unpinned: true,
  rows: 3,
  inputs: [tensor('x', 'INT32', [3, 2]), tensor('mask', 'BOOL', [3])],
  outputs: ['y'],
  ...changed,
});

describe('adoptRequest', () => {
  it('takes what fits, in the order of the live version, and keeps the version that was asked', () => {
    const adopted = adoptRequest(request(), heir([M, X], [Y]));
    expect(adopted).toEqual({ ...request(), inputs: request().inputs.toReversed() });
  });

  it('refuses who named the version, and says which is live', () => {
    for (const unpinned of [false, undefined])
      expect(adoptRequest(request({ unpinned }), heir([X, M], [Y]))).toEqual({
        code: 'model_unavailable',
        message: 'version 1 of m was taken out of service: ask for version 2, which is live, or name none',
      });
  });

  it.each<[string, ReturnType<typeof heir>]>([
    ['an input more', heir([X, M, { ...X, name: 'z' }], [Y])],
    ['an input less', heir([X], [Y])],
    ['another name', heir([X, { ...M, name: 'z' }], [Y])],
    ['another datatype', heir([{ ...X, datatype: 'INT64' }, M], [Y])],
    ['another width', heir([{ ...X, shape: [-1, 3] }, M], [Y])],
    ['another rank', heir([{ ...X, shape: [-1, 2, 1] }, M], [Y])],
    ['a fixed batch', heir([{ ...X, shape: [1, 2] }, M], [Y], 0)],
    ['no such output', heir([X, M], [{ ...Y, name: 'z' }])],
  ])('refuses what does not fit: %s', (_, live) => {
    expect(adoptRequest(request(), live)).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('takes other tensors'),
    });
  });

  it('refuses rows that a batch would not find along its first dimension', () => {
    const noBatch = request({ rows: 1 });
    expect(adoptRequest(noBatch, heir([X, M], [Y]))).toMatchObject({ code: 'model_unavailable' });
    // Alone it runs as it is.
    expect(adoptRequest(noBatch, heir([X, M], [Y], 0))).toMatchObject({ rows: 1 });
  });

  it('takes whatever the live version itself would be sent, and nothing with one size changed', () => {
    const spec = fc.record({
      name: fc.string({ minLength: 1, maxLength: 3 }),
      datatype: fc.constantFrom<TensorSpec['datatype']>('INT32', 'FP32', 'BYTES'),
      sizes: fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), fixed: fc.boolean() }), { maxLength: 3 }),
    });
    const specs = fc.uniqueArray(spec, { minLength: 1, maxLength: 4, selector: ({ name }) => name });
    fc.assert(
      fc.property(specs, fc.integer({ min: 1, max: 9 }), fc.nat(), (all, rows, at) => {
        const inputs = all.map(({ name, datatype, sizes }): TensorSpec => {
          return { name, datatype, shape: [-1, ...sizes.map(({ size, fixed }) => (fixed ? size : -1))] };
        });
        const sent = all.map(({ name, datatype, sizes }) =>
          tensor(name, datatype, [rows, ...sizes.map(({ size }) => size)]),
        );
        const live = heir(inputs, [Y]);
        const shuffled = [...sent.slice(at % sent.length), ...sent.slice(0, at % sent.length)];
        expect(adoptRequest(request({ rows, inputs: shuffled }), live)).toEqual(request({ rows, inputs: sent }));
        const changed = sent.map((each, index) => {
          if (index !== at % sent.length) return each;
          return { ...each, shape: [(each.shape[0] ?? 0) + 1, ...each.shape.slice(1)] };
        });
        expect(adoptRequest(request({ rows, inputs: changed }), live)).toMatchObject({ code: 'model_unavailable' });
      }),
    );
  });
});
