import type { FastifyRequest } from 'fastify';
import { callerOf } from '../door/caller.js';
import { AFFINITY_HEADER } from './protocol/affinity-header.js';
import { DEADLINE_HEADER } from './protocol/deadline-header.js';

/** An inference request as it came over HTTP, before anybody has looked into it. */
export interface InferMessage {
  readonly body: Uint8Array;
  /** `Content-Encoding` */
  readonly encoding: string | undefined;
  /** `Inference-Header-Content-Length` */
  readonly jsonLength: string | undefined;
  /** `Idempotency-Key` */
  readonly idempotencyKey: string | undefined;
  /** `x-sluice-deadline-ms` */
  readonly deadline: string | undefined;
  /** `x-sluice-affinity` */
  readonly affinity: string | undefined;
  /** Who sent it. */
  readonly caller: string;
}

const EMPTY = new Uint8Array();

export function inferMessage(request: FastifyRequest): InferMessage {
  const { headers, body } = request;
  return {
    body: body instanceof Uint8Array ? body : EMPTY,
    encoding: headers['content-encoding'],
    // A header that comes twice is one, its values joined; only the type allows for a list.
    jsonLength: headers['inference-header-content-length']?.toString(),
    idempotencyKey: headers['idempotency-key']?.toString(),
    deadline: headers[DEADLINE_HEADER]?.toString(),
    affinity: headers[AFFINITY_HEADER]?.toString(),
    caller: callerOf(request),
  };
}
