import type { Tensor } from '@sluice/contracts';
import { elementName } from './element-name.js';
import { isFloat, numbersOf } from './numbers-of.js';

/**
 * Says which element of a tensor is no finite number, the first of them; undefined when all are, or none can be.
 * @param beside where this one has no finite number either, it is not asked for
 */
export function firstNotFinite(tensor: Tensor, beside?: Tensor): string | undefined {
  const numbers = isFloat(tensor.datatype) ? numbersOf(tensor) : undefined;
  const others = beside && isFloat(beside.datatype) ? numbersOf(beside) : undefined;
  for (let index = 0; index < (numbers?.length ?? 0); index++)
    if (!Number.isFinite(numbers?.[index]) && (!others || Number.isFinite(others[index])))
      return `${elementName(tensor, index)} is ${numbers?.[index]}`;
  return undefined;
}
