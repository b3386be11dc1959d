import type { Datatype } from '@sluice/contracts';

/** Datatypes whose elements the protocol writes in JSON. Half floats travel only as binary tensor data, as in Triton. */
export type JsonDatatype = Exclude<Datatype, 'FP16' | 'BF16'>;

export function isJsonDatatype(datatype: Datatype): datatype is JsonDatatype {
  return datatype !== 'FP16' && datatype !== 'BF16';
}

export const NO_JSON_FORM = 'has no JSON form in the protocol, only binary tensor data';
