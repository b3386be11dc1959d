import type { ModelConfig } from './model-config.js';

/** Decimal, positive, without leading zeros: one spelling for one version. Other folders of a model are its own affair. */
export const VERSION = /^[1-9]\d*$/;

/** What each platform loads from the folder of a version. */
export const MODEL_FILE = { onnxruntime_onnx: 'model.onnx', scripted: 'model.json' } as const satisfies Record<
  ModelConfig['platform'],
  string
>;

/** Compares decimal strings without leading zeros, of any length. */
export function byVersion(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
