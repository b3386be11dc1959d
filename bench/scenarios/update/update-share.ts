import { INFERENCE_CLASS, MODEL_UPDATE_CLASS } from '@sluice/contracts';
import { deviceUse, type DeviceRun } from '../../harness/device-ledger.js';

/** Updates between which the device had none for longer than this are two pieces of work. */
const PAUSE_MS = 200;
/** In shorter ones a single slice or batch decides. */
const LEAST_MS = 200;

/**
 * The part of the used device time that updates got, in percent, while they wanted it: from the first to the last slice of
 * each piece of work, over all devices.
 *
 * @param from and `to`: milliseconds since the epoch
 * @throws Error when there was no update that is long enough
 */
export function updateShare(devices: readonly (readonly DeviceRun[])[], from: number, to: number): number {
  let update = 0;
  let inference = 0;
  for (const runs of devices)
    for (const piece of piecesOf(runs, from, to)) {
      update += deviceUse(runs, piece.from, piece.to, MODEL_UPDATE_CLASS).busyMs;
      inference += deviceUse(runs, piece.from, piece.to, INFERENCE_CLASS).busyMs;
    }
  if (update === 0) throw new Error(`no update had the device for ${LEAST_MS} ms: nothing can be said of its share`);
  return (100 * update) / (update + inference);
}

function piecesOf(runs: readonly DeviceRun[], from: number, to: number): { from: number; to: number }[] {
  const pieces: { from: number; to: number }[] = [];
  for (const { shareClass, startedAt, endedAt } of runs) {
    if (shareClass !== MODEL_UPDATE_CLASS || startedAt < from || endedAt > to) continue;
    const last = pieces.at(-1);
    if (last && startedAt - last.to <= PAUSE_MS) last.to = endedAt;
    else pieces.push({ from: startedAt, to: endedAt });
  }
  return pieces.filter((piece) => piece.to - piece.from >= LEAST_MS);
}
