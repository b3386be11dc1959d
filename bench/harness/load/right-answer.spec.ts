import { answersWith, beginsAndEndsWith, beginsAndEndsWithRaw } from './right-answer.js';

const EXPECTED = [0.25, -3.5e-9, 1.75];
const TOLERANCE = 1e-4;

function answer(data: string): Buffer {
  return Buffer.from(`{"model_name":"m","outputs":[{"name":"y","shape":[1,3],"data":[${data}]}]}`);
}

function rawAnswer(...data: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('{"outputs":[{}]}'), Buffer.from(Float32Array.from(data).buffer)]);
}

describe('answersWith', () => {
  const isRight = answersWith(EXPECTED, TOLERANCE);

  it.each(['0.25,-3.5e-9,1.75', '0.250000001,0,1.7500000123456789'])('takes [%s]', (data) => {
    expect(isRight(answer(data))).toBe(true);
  });

  it.each(['0.25,0.5,1.75', '0.25,0,1.75,0', '0.25,0', ''])('refuses [%s]', (data) => {
    expect(isRight(answer(data))).toBe(false);
  });
});

describe('beginsAndEndsWith', () => {
  const isRight = beginsAndEndsWith(EXPECTED, TOLERANCE);

  it.each(['0.25,-3.5e-9,1.75', '0.250000001,0,1.7500000123456789', '0.25,1.75'])('takes [%s]', (data) => {
    expect(isRight(answer(data))).toBe(true);
  });

  it.each(['0.26,0,1.75', '0.25,0,1.76', '0.25,0,null', '', '0.25'])('refuses [%s]', (data) => {
    expect(isRight(answer(data))).toBe(false);
  });

  it('refuses an answer without data', () => {
    expect(isRight(Buffer.from('{"error":"no"}'))).toBe(false);
  });
});

describe('beginsAndEndsWithRaw', () => {
  const isRight = beginsAndEndsWithRaw(EXPECTED, TOLERANCE);

  it('takes the tensor at the end', () => {
    expect(isRight(rawAnswer(0.25, 9, 1.75))).toBe(true);
  });

  it.each([
    ['another first number', rawAnswer(0.26, 9, 1.75)],
    ['another last number', rawAnswer(0.25, 9, 1.76)],
    ['one number too few', rawAnswer(0.25, 1.75)],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', (_, bytes) => {
    expect(isRight(bytes)).toBe(false);
  });
});
