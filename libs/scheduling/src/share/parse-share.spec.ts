import { parseShare } from './parse-share.js';

it.each([
  ['inference:70,model-update:30', { inference: 70, 'model-update': 30 }],
  ['a:1', { a: 1 }],
  [' inference : 2.5 , x1 : 0.5 , backfill:1 ', { inference: 2.5, x1: 0.5, backfill: 1 }],
])('%s', (text, expected) => {
  expect(Object.fromEntries(parseShare(text).map(({ name, weight }) => [name, weight]))).toEqual(expected);
});

it('keeps the order', () => {
  expect(parseShare('b:1,a:2').map(({ name }) => name)).toEqual(['b', 'a']);
});

it.each([
  ['', 'expected classes and their weights, for example inference:70,model-update:30'],
  ['  ', 'expected classes and their weights'],
  ['inference', '"inference": expected a class and its weight'],
  ['inference:70,', '"": expected a class and its weight'],
  ['inference:70:30', '"inference:70:30": expected a class and its weight'],
  ['inference:0', '"inference:0": expected a weight above 0'],
  ['inference:-70', 'expected a weight above 0'],
  ['inference:', 'expected a weight above 0'],
  ['inference:much', 'expected a weight above 0'],
  ['inference:NaN', 'expected a weight above 0'],
  ['inference:Infinity', 'expected a weight above 0'],
  ['inference:0x10', 'expected a weight above 0'],
  [`inference:${'9'.repeat(400)}`, 'expected a weight above 0'],
  ['Inference:70', '"Inference:70": a class begins with a small letter'],
  ['1st:70', 'a class begins with a small letter'],
  [':70', 'a class begins with a small letter'],
  ['model_update:70', 'small letters, digits and - may follow'],
  ['inference:70,model-update:20,inference:10', 'class inference comes twice, expected each once'],
])('refuses %j', (text, message) => {
  expect(() => parseShare(text)).toThrow(message);
});
