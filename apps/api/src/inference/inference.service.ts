import { Injectable } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { decodeResult, encodeRequest, inferenceQueue } from '@sluice/contracts';
import { JobRunner } from '../jobs/job-runner.js';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { parseBoundedJson } from './protocol/bounded-json.js';
import { parseInferRequest } from './protocol/infer-request.js';
import { formatInferResponse } from './protocol/infer-response.js';

/** Between the highest level and what may always wait; BullMQ's 0 would overtake every level. */
const DEFAULT_PRIORITY = 100;
/** Members of the protocol's objects around one tensor, its parameters included. */
const MEMBERS_PER_TENSOR = 16;

/** One request of the Open Inference Protocol: checked, queued, answered. Nothing invalid is ever queued. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly config: ApiConfig,
    private readonly catalogue: ModelCatalogue,
    private readonly jobs: JobRunner,
  ) {}

  /** @returns the response's JSON. @throws SluiceError */
  async infer(body: Uint8Array, model: string, version: string | undefined, signal: AbortSignal): Promise<string> {
    const target = this.catalogue.resolve(model, version);
    const { limits, requestTimeoutMs } = this.config;
    const json = parseBoundedJson(body, {
      maxDepth: limits.maxJsonDepth,
      maxElements: limits.maxElements,
      maxMembers: limits.maxInputs * 2 * MEMBERS_PER_TENSOR,
    });
    const { id, request } = parseInferRequest(json, target, limits);
    const result = await this.jobs.run({
      queue: inferenceQueue(target.ref),
      label: { ...target.ref, rows: request.rows },
      payload: encodeRequest(request),
      priority: DEFAULT_PRIORITY,
      timeoutMs: requestTimeoutMs,
      signal,
    });
    return formatInferResponse({ ...target.ref, id, result: decodeResult(result) });
  }
}
