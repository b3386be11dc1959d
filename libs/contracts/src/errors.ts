/**
 * One vocabulary of errors for the whole of Sluice: code -> HTTP status -> what a client may do about it.
 *
 * Statuses follow the Open Inference Protocol as Triton serves it (bad input 400, unknown model 404, not available 503)
 * and HTTP where the protocol is silent (413, 429, 504, 410).
 */
export const ERRORS = {
  // The request itself: repeating it unchanged cannot help.
  invalid_request: { status: 400, retry: 'never' },
  unauthorized: { status: 401, retry: 'never' },
  forbidden: { status: 403, retry: 'never' },
  not_found: { status: 404, retry: 'never' },
  model_not_found: { status: 404, retry: 'never' },
  version_not_found: { status: 404, retry: 'never' },
  method_not_allowed: { status: 405, retry: 'never' },
  request_timeout: { status: 408, retry: 'now' },
  unsupported_media_type: { status: 415, retry: 'never' },
  payload_too_large: { status: 413, retry: 'never' },
  headers_too_large: { status: 431, retry: 'never' },
  inference_failed: { status: 500, retry: 'never' },
  poisoned: { status: 500, retry: 'never' },
  job_started: { status: 409, retry: 'never' },
  conflict: { status: 409, retry: 'never' },
  job_removed: { status: 410, retry: 'never' },
  result_expired: { status: 410, retry: 'never' },
  idempotency_mismatch: { status: 422, retry: 'never' },
  // The state of the cluster: the same request may succeed later.
  rate_limited: { status: 429, retry: 'after' },
  queue_full: { status: 429, retry: 'after' },
  deadline_unreachable: { status: 429, retry: 'after' },
  update_in_progress: { status: 409, retry: 'after' },
  queue_paused: { status: 503, retry: 'after' },
  model_unavailable: { status: 503, retry: 'after' },
  model_loading: { status: 503, retry: 'after' },
  no_worker: { status: 503, retry: 'after' },
  redis_unavailable: { status: 503, retry: 'after' },
  shutting_down: { status: 503, retry: 'now' },
  deadline_exceeded: { status: 504, retry: 'now' },
  internal: { status: 500, retry: 'after' },
} as const satisfies Record<string, { status: number; retry: 'never' | 'after' | 'now' }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error as it crosses a process boundary: in a job, in a reply. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The one base class: everything that Sluice throws on purpose has a literal code and says what to change. */
export class SluiceError extends Error {
  /** When it may be worth to try again, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.name = 'SluiceError';
    this.retryAfterMs = options?.retryAfterMs;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message };
  }

  static from(body: ErrorBody): SluiceError {
    return new SluiceError(isErrorCode(body.code) ? body.code : 'internal', body.message);
  }
}

/** What an unknown thrown value says, for a log or for the client of a failed request. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws always; a switch that ends here fails to compile when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
