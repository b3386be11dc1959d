import type { TensorSpec } from '@sluice/contracts';
import { describeValue, type Field, invalidField } from './invalid-field.js';

/**
 * Checks a request's shape against what the model declares, where -1 is the request's choice.
 * A dimension of 0 is refused: a tensor without elements has nothing to infer, and runtimes differ on it.
 *
 * @param maxElements bound on the product of the dimensions
 * @throws SluiceError invalid_request
 */
export function readShape(value: unknown, spec: TensorSpec, maxElements: number, field: Field): readonly number[] {
  const declared = describeShape(spec.shape);
  if (!Array.isArray(value)) throw invalidField(field, `a list of dimensions like ${declared}`, describeValue(value));
  if (value.length !== spec.shape.length)
    throw invalidField(field, `${spec.shape.length} dimensions like ${declared}`, `${value.length}`);
  let elements = 1;
  return spec.shape.map((wanted, axis) => {
    const dimension: unknown = value[axis];
    const at = { ...field, path: `${field.path}[${axis}]` };
    if (!isDimension(dimension)) throw invalidField(at, 'a positive integer', describeValue(dimension));
    if (wanted >= 0 && dimension !== wanted)
      throw invalidField(at, `${wanted} (the model declares ${declared})`, `${dimension}`);
    elements *= dimension;
    if (elements > maxElements) throw invalidField(field, `at most ${maxElements} elements`, `at least ${elements}`);
    return dimension;
  });
}

/** `[-1,784]`, as the protocol writes it. */
export function describeShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}

function isDimension(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
