/** What the peers read of a request of the Open Inference Protocol: FP32 tensors as JSON. */
export interface InferRequest {
  readonly inputs: readonly JsonTensor[];
}

export interface InferAnswer {
  readonly outputs: readonly JsonTensor[];
}

export interface JsonTensor {
  readonly name: string;
  readonly datatype: 'FP32';
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
