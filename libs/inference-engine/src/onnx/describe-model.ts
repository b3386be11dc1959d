import type { InferenceSession } from 'onnxruntime-node';
import type { ModelSignature, TensorSpec } from '@sluice/contracts';
import { datatypeOf } from './ort-datatype.js';

/** How the runtime describes an input or an output; a dimension that is a string is symbolic, and may have no name. */
export type ValueMetadata = InferenceSession.ValueMetadata;

export interface ModelDescription {
  readonly signature: ModelSignature;
  readonly hasBatchDimension: boolean;
}

/**
 * What the runtime's metadata says about a model. A symbolic dimension becomes -1; a tensor whose rank the model does not
 * declare cannot be told from a scalar, and is [].
 * @throws Error when an input or an output is no tensor, or of a datatype that is not served
 */
export function describeModel(inputs: readonly ValueMetadata[], outputs: readonly ValueMetadata[]): ModelDescription {
  return {
    signature: { inputs: inputs.map(specOf), outputs: outputs.map(specOf) },
    hasBatchDimension: sharesBatchDimension(inputs, outputs),
  };
}

/**
 * Every first dimension is symbolic, and the inputs' names for it agree. Outputs are not asked for the name: exporters
 * often invent one of their own for them.
 */
function sharesBatchDimension(inputs: readonly ValueMetadata[], outputs: readonly ValueMetadata[]): boolean {
  if (inputs.length === 0) return false;
  const names = new Set(inputs.map(firstDimension).filter((name) => name !== ''));
  return names.size <= 1 && [...inputs, ...outputs].every((value) => typeof firstDimension(value) === 'string');
}

function firstDimension(value: ValueMetadata): number | string | undefined {
  return value.isTensor ? value.shape[0] : undefined;
}

function specOf(value: ValueMetadata): TensorSpec {
  if (!value.isTensor) throw new Error(`${value.name} is not a tensor`);
  const datatype = datatypeOf(value.type);
  if (!datatype) throw new Error(`${value.name} is of type ${value.type}, which is not served`);
  const shape = value.shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1));
  return { name: value.name, datatype, shape };
}
