import { createHash } from 'node:crypto';
import type { Evaluation } from './evaluation.js';

const START = '<!-- written by train.ts -->';
const END = '<!-- end of what train.ts writes -->';

export interface Measured {
  readonly model: Uint8Array;
  readonly evaluation: Evaluation;
  readonly heldOut: number;
  readonly seconds: number;
}

/**
 * The card with its measured part replaced, so that it cannot tell of another model than the one beside it.
 * @throws Error when the card has no such part
 */
export function updateCard(card: string, { model, evaluation, heldOut, seconds }: Measured): string {
  const start = card.indexOf(START);
  const end = card.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the card has no part between ${START} and ${END}`);
  const confusions = evaluation.confusions
    .slice(0, 5)
    .map(({ digit, takenFor, count }) => `${digit} taken for ${takenFor} (${count})`);
  const lines = [
    `- Accuracy on the ${heldOut.toLocaleString('en')} held-out images: ${(100 * evaluation.accuracy).toFixed(1)} %`,
    `- Most frequent mistakes there: ${confusions.join(', ')}`,
    `- Size: ${model.byteLength.toLocaleString('en')} bytes`,
    `- SHA-256: \`${sha256(model)}\``,
    `- Training took ${Math.round(seconds)} s on one core, with Node ${process.versions.node}`,
  ];
  return `${card.slice(0, start)}${START}\n\n${lines.join('\n')}\n\n${card.slice(end)}`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
