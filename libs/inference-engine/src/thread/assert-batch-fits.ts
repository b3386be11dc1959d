import { elementBytes, elementCount, SluiceError, type ModelSignature, type TensorSpec } from '@sluice/contracts';
import type { PackedBatch, PackedTensor } from '../inference-engine.js';

/** The smallest alignment that suits every datatype. */
const ALIGNMENT = 8;
/** Of one BYTES element: its length field. */
const LENGTH_FIELD_BYTES = 4;

/**
 * Checks a batch against the model before it is moved to the engine thread: a run that the runtime refuses leaks about
 * 1.5 KB each time, and its buffer would be lost with it.
 * @throws SluiceError inference_failed
 */
export function assertBatchFits(
  model: { readonly signature: ModelSignature; readonly hasBatchDimension: boolean },
  batch: PackedBatch,
): void {
  const problem = inputsProblem(model.signature, batch) ?? outputsProblem(model.signature, batch.outputs);
  if (problem) throw new SluiceError('inference_failed', problem);
  if (!model.hasBatchDimension) return;
  const rows = new Set(batch.inputs.map(({ shape }) => shape[0]));
  if (rows.size > 1)
    throw new SluiceError('inference_failed', `the inputs differ in rows: ${[...rows].join(', ')} along the batch`);
}

function inputsProblem({ inputs }: ModelSignature, batch: PackedBatch): string | undefined {
  const given = new Map(batch.inputs.map((input) => [input.name, input]));
  if (given.size !== batch.inputs.length) return 'an input is given twice';
  for (const spec of inputs) {
    const input = given.get(spec.name);
    const problem = input ? inputProblem(spec, input, batch.buffer) : 'is missing';
    if (problem) return `input ${spec.name} ${problem}`;
    given.delete(spec.name);
  }
  const [unknown] = given.keys();
  return unknown === undefined ? undefined : `the model has no input ${unknown}`;
}

function inputProblem(spec: TensorSpec, input: PackedTensor, buffer: ArrayBuffer): string | undefined {
  const { datatype, shape, byteOffset, byteLength } = input;
  if (datatype !== spec.datatype) return `is ${datatype}, the model wants ${spec.datatype}`;
  if (!fits(spec.shape, shape)) return `has shape [${shape.join(', ')}], the model wants [${spec.shape.join(', ')}]`;
  const width = elementBytes(datatype);
  const elements = elementCount(shape);
  const rightLength =
    width === undefined ? byteLength >= elements * LENGTH_FIELD_BYTES : byteLength === elements * width;
  if (!rightLength) return `has ${byteLength} bytes for ${elements} elements of ${datatype}`;
  if (byteOffset % ALIGNMENT !== 0) return `starts at byte ${byteOffset}, which is no multiple of ${ALIGNMENT}`;
  if (byteOffset < 0 || byteOffset + byteLength > buffer.byteLength)
    return `ends at byte ${byteOffset + byteLength} of a buffer of ${buffer.byteLength}`;
  return undefined;
}

/** [] in a signature is a scalar, or a tensor whose rank the model does not declare: the runtime decides. */
function fits(wanted: readonly number[], shape: readonly number[]): boolean {
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) return false;
  if (wanted.length === 0) return true;
  return (
    wanted.length === shape.length && wanted.every((dimension, axis) => dimension === -1 || dimension === shape[axis])
  );
}

function outputsProblem({ outputs }: ModelSignature, asked: readonly string[]): string | undefined {
  if (asked.length === 0) return 'no output is asked for';
  if (new Set(asked).size !== asked.length) return 'an output is asked for twice';
  const unknown = asked.find((name) => !outputs.some((output) => output.name === name));
  return unknown === undefined ? undefined : `the model has no output ${unknown}`;
}
