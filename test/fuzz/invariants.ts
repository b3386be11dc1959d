import assert from 'node:assert/strict';
import { decodeRequest, elementBytes, elementCount, encodeRequest } from '@sluice/contracts';
import type { ParsedInferRequest, TargetModel } from '../../apps/api/src/inference/protocol/infer-request.js';
import { OIP } from '../system/api/fixtures/oip-schemas.js';
import type { Exchange } from './exchange.js';

const LENGTH_BYTES = 4;

/** What the parser accepts, a worker takes without another look: every tensor is there, and whole. */
export function assertWhole({ request, outputs, schedule }: ParsedInferRequest, { serving }: TargetModel): void {
  const { inputs, rows } = request;
  assert.deepEqual(
    inputs.map(({ name, datatype }) => [name, datatype]),
    serving.signature.inputs.map(({ name, datatype }) => [name, datatype]),
  );
  for (const { datatype, shape, bytes } of inputs) {
    const size = elementBytes(datatype);
    const elements = elementCount(shape);
    assert(size === undefined ? bytes.byteLength >= LENGTH_BYTES * elements : bytes.byteLength === size * elements);
    assert(serving.maxBatchSize === 0 || shape[0] === rows);
  }
  assert.deepEqual(
    outputs.map(({ name }) => name),
    request.outputs,
  );
  assert(schedule.priority > 0);
  assert.equal(decodeRequest(encodeRequest(request)).rows, rows);
}

/** What the server answers, if it does, is the protocol's: the outputs, or an error that is the client's. */
export function assertAnswer({ status, errorCode, head, body }: Exchange): void {
  if (status === undefined) return;
  if (status === 200) {
    const length = /\r\ninference-header-content-length: (\d+)/.exec(head)?.[1];
    const json = length === undefined ? body : body.subarray(0, Number(length));
    OIP.inferResponse.parse(JSON.parse(json.toString('utf8')));
    return;
  }
  // A NaN that was sent as binary data and asked for as JSON: the one failure that a request has to bear itself.
  const isNoJson = errorCode === 'inference_failed' && body.includes('which JSON cannot carry');
  assert(isNoJson || status < 500, `${head}\n${body.toString('utf8')}`);
}
