import { readdir, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { IMAGE_PIXELS, loadDigitImages } from './training/digit-images.js';
import { evaluate, indexOfGreatest } from './training/evaluation.js';
import { sha256 } from './training/model-card.js';
import { DIGIT_NAMES } from './training/sample-request.js';

const MODEL = fileURLToPath(new URL('1/model.onnx', import.meta.url));
const SAMPLES = fileURLToPath(new URL('samples', import.meta.url));

describe('the model of digits', () => {
  let session: InferenceSession;

  beforeAll(async () => {
    session = await InferenceSession.create(MODEL);
  });

  afterAll(async () => session.release());

  it('takes images and answers probabilities, in batches of any size', () => {
    expect(session.inputMetadata).toMatchObject([{ name: 'image', type: 'float32', shape: ['batch', 1, 28, 28] }]);
    expect(session.outputMetadata).toMatchObject([{ name: 'probabilities', type: 'float32', shape: ['batch', 10] }]);
  });

  it('recognises 97 % of images that it was never trained on, and its card says how many', async () => {
    const { training, heldOut } = await loadDigitImages();
    expect([training.labels.length, heldOut.labels.length]).toEqual([9000, 1000]);
    const { accuracy } = evaluate(await probabilities(heldOut.pixels), heldOut.labels);
    expect(accuracy).toBeGreaterThanOrEqual(0.97);
    expect(await card()).toContain(`held-out images: ${(100 * accuracy).toFixed(1)} %`);
  });

  it('is the file that its card describes, of 1 MB at most', async () => {
    const { size } = await stat(MODEL);
    expect(size).toBeLessThanOrEqual(1_000_000);
    expect(await card()).toContain(`Size: ${size.toLocaleString('en')} bytes`);
    expect(await card()).toContain(sha256(await readFile(MODEL)));
  });

  it('has a sample of each digit', async () => {
    expect((await readdir(SAMPLES)).toSorted()).toEqual(DIGIT_NAMES.map((name) => `${name}.json`).toSorted());
  });

  it.each(DIGIT_NAMES.map((name, digit) => [name, digit] as const))('recognises the sample %s', async (name, digit) => {
    const { inputs } = request.parse(JSON.parse(await readFile(`${SAMPLES}/${name}.json`, 'utf8')));
    const answer = await probabilities(Float32Array.from(inputs[0].data));
    expect(indexOfGreatest(answer)).toBe(digit);
    expect(answer.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
  });

  async function probabilities(pixels: Float32Array): Promise<Float32Array> {
    const image = new Tensor('float32', pixels, [pixels.length / IMAGE_PIXELS, 1, 28, 28]);
    const results = await session.run({ image });
    return Float32Array.from(results['probabilities']?.data ?? [], Number);
  }
});

const request = z.strictObject({
  inputs: z.tuple([
    z.strictObject({
      name: z.literal('image'),
      shape: z.tuple([z.literal(1), z.literal(1), z.literal(28), z.literal(28)]),
      datatype: z.literal('FP32'),
      data: z.array(z.number().min(0).max(1)).length(IMAGE_PIXELS),
    }),
  ]),
});

async function card(): Promise<string> {
  return readFile(new URL('README.md', import.meta.url), 'utf8');
}
