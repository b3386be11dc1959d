import type { StageResult } from '@sluice/contracts';
import type { SlicedWork } from '../sliced-work.js';

/** Work that needed no device, and is done. */
export function finishedWork(result: StageResult): SlicedWork {
  return { slices: nothing(), conclude: async () => encodeStageResult(result), close: () => {} };
}

/** What a job of the fleet is settled with. */
export function encodeStageResult(result: StageResult): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(result));
}

async function* nothing(): AsyncGenerator<number, void> {}
