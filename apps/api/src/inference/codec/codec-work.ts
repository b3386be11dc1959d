import { assertNever, decodeResult, encodeRequest } from '@sluice/contracts';
import { parseInferBody, type BodyLimits } from '../protocol/infer-body.js';
import type { ParsedInferRequest, TargetModel } from '../protocol/infer-request.js';
import { formatInferResponse, type InferReply, type InferResponse } from '../protocol/infer-response.js';

/** A body that is to be read, and checked against its model. */
export interface ReadWork {
  readonly kind: 'read';
  readonly body: Uint8Array;
  /** The header `Inference-Header-Content-Length`. */
  readonly jsonLength: string | undefined;
  readonly target: TargetModel;
  /** The client named no version: see `InferenceRequest.unpinned`. */
  readonly isUnpinned: boolean;
  readonly limits: BodyLimits;
}

/** A result that is to be written as an answer. */
export interface WriteWork {
  readonly kind: 'write';
  readonly reply: Omit<InferReply, 'result'>;
  /** As the worker encoded it. */
  readonly result: Uint8Array;
}

export type CodecWork = ReadWork | WriteWork;

/** A request as it is queued: its tensors are in the payload. */
export interface QueuedRequest extends Omit<ParsedInferRequest, 'request'> {
  readonly rows: number;
  readonly payload: Uint8Array;
}

/** What each kind of work comes to. */
export interface CodecResults {
  readonly read: QueuedRequest;
  readonly write: InferResponse;
}

/** Plain work of the processor, for whichever thread. @throws SluiceError invalid_request, inference_failed, internal */
export function doCodecWork(work: CodecWork): CodecResults[CodecWork['kind']] {
  switch (work.kind) {
    case 'read':
      return readBody(work);
    case 'write':
      return writeAnswer(work);
    default:
      return assertNever(work);
  }
}

/** Writes over the body: raw tensors stay where they are, and become the payload with what is put in front of them. */
export function readBody({ body, jsonLength, target, isUnpinned, limits }: Omit<ReadWork, 'kind'>): QueuedRequest {
  const { request, ...parsed } = parseInferBody(body, jsonLength, target, limits);
  const queued = isUnpinned ? { ...request, unpinned: true } : request;
  return { ...parsed, rows: request.rows, payload: encodeRequest(queued, body) };
}

export function writeAnswer({ reply, result }: Omit<WriteWork, 'kind'>): InferResponse {
  return formatInferResponse({ ...reply, result: decodeResult(result) });
}
