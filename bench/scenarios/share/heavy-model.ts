import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlp, seededRandom } from '@sluice/onnx-writer';
import { prepareInfer, type PreparedRequest } from '../../harness/load/prepared-request.js';
import { beginsAndEndsWithRaw } from '../../harness/load/right-answer.js';
import { RawSession } from '../../harness/raw-session.js';
import type { BenchRun } from '../../harness/scenario.js';

export const HEAVY = 'heavy';
/** Of a request; of a batch twice that. So the device, and not the way to it, is what there is too little of. */
export const ROWS = 16;
const MAX_BATCH = 32;
const WIDTH = 16;
const HIDDEN_WIDTH = 2048;
/** Of 2048 products each: a run in a batch adds them up in another order than a run alone. */
const TOLERANCE = 1e-4;

/**
 * A perceptron of four layers between narrow ends: 50 MB of weights, and next to nothing to carry there and back.
 *
 * @param models folder to write it into
 * @returns requests that differ, as binary tensor data both ways. Right is what the model computes alone
 */
export async function writeHeavyModel(bench: BenchRun, models: string, count: number): Promise<PreparedRequest[]> {
  const folder = join(models, HEAVY, '1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(models, HEAVY, 'config.json'), JSON.stringify({ max_batch_size: MAX_BATCH }));
  const model = join(folder, 'model.onnx');
  await writeFile(model, mlp([WIDTH, HIDDEN_WIDTH, HIDDEN_WIDTH, HIDDEN_WIDTH, HIDDEN_WIDTH, WIDTH]));

  const raw = await RawSession.open({ model, input: 'x', output: 'y' });
  bench.cleanups.defer(() => raw.close());
  const random = seededRandom(1);
  const requests: PreparedRequest[] = [];
  for (let index = 0; index < count; index++) {
    const data = Float32Array.from({ length: ROWS * WIDTH }, () => 2 * random() - 1);
    const { output } = await raw.measure({ shape: [ROWS, WIDTH], data: [...data] }, 0);
    requests.push(binaryRequest(data, output));
  }
  return requests;
}

function binaryRequest(data: Float32Array, expected: readonly number[]): PreparedRequest {
  const raw = Buffer.from(data.buffer);
  const body = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [ROWS, WIDTH], parameters: { binary_data_size: raw.byteLength } }],
  });
  return prepareInfer(HEAVY, body, beginsAndEndsWithRaw(expected, TOLERANCE), raw);
}
