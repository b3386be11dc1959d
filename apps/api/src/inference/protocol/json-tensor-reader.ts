import type { Datatype } from '@sluice/contracts';
import { ELEMENT_READERS } from './element-readers.js';
import { describeValue, type Field, invalidField } from './invalid-field.js';
import { isJsonDatatype, NO_JSON_FORM } from './json-datatype.js';
import { elementPath, flattenData } from './json-nesting.js';

/**
 * Reads the `data` of an input into the tensor's bytes (row-major, little-endian).
 *
 * @param data flat, or nested as the shape is
 * @param shape already checked against the model
 * @throws SluiceError invalid_request: the wrong number of elements, ragged lists, or an element that does not fit the
 *   datatype (it names the element), or a datatype without a JSON form
 */
export function readJsonTensor(data: unknown, datatype: Datatype, shape: readonly number[], field: Field): Uint8Array {
  if (!isJsonDatatype(datatype))
    throw invalidField(field, 'a tensor with a JSON form', `${datatype}, which ${NO_JSON_FORM}`);
  const { elements, nesting } = flattenData(data, shape, field);
  const reader = ELEMENT_READERS[datatype];
  const isTyped = elements instanceof Float64Array;
  const misfit = isTyped ? reader.misfitNumber(elements) : reader.misfit(elements);
  if (misfit >= 0)
    throw invalidField(
      { ...field, path: field.path + elementPath(misfit, nesting) },
      `${reader.expected} (${datatype})`,
      describeValue(elements[misfit]),
    );
  return reader.pack(elements);
}
