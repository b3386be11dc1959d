import { elementBytes, type Datatype, type ModelSignature, type Tensor } from '@sluice/contracts';
import type { TensorSize } from '../batch/raggedness.js';
import { generateInputs } from './generated-inputs.js';

/** Multiples of it, modulo 1, are spread as evenly as can be. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * One row of inputs of a shape that a model takes, chosen by nobody: floats from 0 to 1, integers that are 0 or 1, so that
 * they are in every vocabulary, strings of one character. The same ones for the same seed.
 */
export function randomInputs(signature: ModelSignature, sizes: readonly TensorSize[], seed: number): Tensor[] {
  let value = (seed * Math.SQRT2) % 1;
  const next = () => (value = (value + GOLDEN_RATIO) % 1);
  const inputs = generateInputs(signature, 1, sizes);
  for (const input of inputs) fill(input, next);
  return inputs;
}

function fill({ datatype, bytes }: Tensor, next: () => number): void {
  const width = elementBytes(datatype);
  if (width === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const write = FLOATS[datatype] ?? writeBit;
  for (let at = 0; at < bytes.byteLength; at += width) write(view, at, next());
}

type Write = (view: DataView, at: number, value: number) => void;

const FLOATS: Partial<Record<Datatype, Write>> = {
  FP64: (view, at, value) => view.setFloat64(at, value, true),
  FP32: (view, at, value) => view.setFloat32(at, value, true),
  // The exponent of 0.5 and the first bits of the fraction: from 0.5 to 1.
  FP16: (view, at, value) => view.setUint16(at, 0x3800 + Math.floor(value * 0x400), true),
  BF16: (view, at, value) => view.setUint16(at, 0x3f00 + Math.floor(value * 0x80), true),
};

/** Little-endian: the first byte of an integer is its lowest. */
const writeBit: Write = (view, at, value) => view.setUint8(at, Math.round(value));
