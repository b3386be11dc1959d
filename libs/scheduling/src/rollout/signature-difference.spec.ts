import type { ModelSignature, TensorSpec } from '@sluice/contracts';
import { signatureDifference } from './signature-difference.js';

const tensor = (name: string, shape: number[] = [-1, 4], datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name,
  datatype,
  shape,
});
const LIVE: ModelSignature = { inputs: [tensor('x'), tensor('z')], outputs: [tensor('y')] };

it.each<[string, Partial<ModelSignature>, string[]]>([
  ['nothing', {}, []],
  ['an input is missing', { inputs: [tensor('x')] }, ['input z is missing']],
  ['an output is new', { outputs: [tensor('y'), tensor('w', [1])] }, ['output w (FP32[1]) is new']],
  ['a shape', { inputs: [tensor('x', [-1, 5]), tensor('z')] }, ['input x is FP32[-1,5] instead of FP32[-1,4]']],
  ['a type', { outputs: [tensor('y', [-1, 4], 'INT64')] }, ['output y is INT64[-1,4] instead of FP32[-1,4]']],
  ['the order', { inputs: [tensor('z'), tensor('x')] }, ['the inputs are in another order: z, x instead of x, z']],
])('%s', (_, candidate, differences) => {
  expect(signatureDifference(LIVE, { ...LIVE, ...candidate })).toEqual(differences);
});
