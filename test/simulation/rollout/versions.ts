import { encodeRequest, type ModelSignature } from '@sluice/contracts';
import type { ScriptedModelFile } from '@sluice/inference-engine';
import { MemoryModelStore } from '../world/memory-model-store.js';
import type { RolloutScenario } from './rollout-scenario.js';

export const MODEL = 'm';
const FIXED_MS = 8;
const MAX_BATCH = 8;

export const SIGNATURE: ModelSignature = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
};

/** Both versions, as every worker finds them. */
export function versionStore(): MemoryModelStore {
  const config = { platform: 'scripted', maxBatchSize: MAX_BATCH } as const;
  const stored = ['1', '2'].map((version) => ({ ref: { model: MODEL, version }, config, path: version, bytes: 1 }));
  return new MemoryModelStore(stored.map((each) => ({ ...each, fingerprint: each.path, isPushed: true })));
}

export function versionFile(version: string, { slower, isBroken }: RolloutScenario): string {
  if (version === '2' && isBroken) return 'no model';
  const file: ScriptedModelFile = {
    inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 1] }],
    outputs: [{ name: 'y', datatype: 'INT32', shape: [-1, 1] }],
    fixedMs: FIXED_MS * (version === '2' ? slower : 1),
    perRowMs: 0.5,
    loadMs: 300,
    compute: 'sum',
  };
  return JSON.stringify(file);
}

/** A request of one row that says whose it is, and named no version. */
export function requestFor(version: string, number: number): Uint8Array {
  const bytes = new Uint8Array(Int32Array.of(number).buffer);
  const inputs = [{ name: 'x', datatype: 'INT32' as const, shape: [1, 1], bytes }];
  return encodeRequest({ model: MODEL, version, unpinned: true, rows: 1, inputs, outputs: ['y'] });
}
