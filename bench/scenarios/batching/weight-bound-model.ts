import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlp } from '@sluice/onnx-writer';

export const LIMITS = [1, 32] as const;
export const INPUT_WIDTH = 1024;
export const OUTPUT_WIDTH = 1000;
const HIDDEN_WIDTH = 2048;

export function modelName(limit: (typeof LIMITS)[number]): string {
  return `mlp-${limit}`;
}

/**
 * The same perceptron under two names, which differ in the rows that a batch may have: 33 MB of weights, which a run has
 * to read whatever its batch.
 *
 * @param models folder to write them into
 * @returns the path of one's ONNX file
 */
export async function writeWeightBoundModels(models: string): Promise<string> {
  const bytes = mlp([INPUT_WIDTH, HIDDEN_WIDTH, HIDDEN_WIDTH, OUTPUT_WIDTH]);
  for (const limit of LIMITS) {
    await mkdir(join(models, modelName(limit), '1'), { recursive: true });
    await writeFile(join(models, modelName(limit), 'config.json'), JSON.stringify({ max_batch_size: limit }));
    await writeFile(modelFile(models, limit), bytes);
  }
  return modelFile(models, 1);
}

function modelFile(models: string, limit: (typeof LIMITS)[number]): string {
  return join(models, modelName(limit), '1', 'model.onnx');
}
