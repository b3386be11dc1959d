import { Injectable } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import type { JobView } from '../jobs/format-job.js';
import { idempotencyKey } from '../jobs/idempotency-key.js';
import type { JobSpec } from '../jobs/job-placement.js';
import { JobRunner } from '../jobs/job-runner.js';
import { JobsService } from '../jobs/jobs.service.js';
import { Affinity } from '../placement/affinity.js';
import { ColdStarts } from '../placement/cold-starts.js';
import { CanaryChoice } from '../routing/canary-choice.js';
import { InferCodec } from './codec/infer-codec.js';
import { decodeBody } from './content-encoding.js';
import type { InferMessage } from './infer-message.js';
import { readAffinity } from './protocol/affinity-header.js';
import { readDeadline } from './protocol/deadline-header.js';
import type { InferReply, InferResponse } from './protocol/infer-response.js';

const MAX_KEPT_ID = 256;

/** A request that has passed every check: what is queued for it, and how its result is to be answered. */
export interface PreparedInference {
  readonly job: Pick<JobSpec, 'queue' | 'label' | 'payload' | 'priority' | 'rows' | 'key'>;
  /** The deadline that the request names, in its body, in its headers or the shorter of both; undefined: none. */
  readonly timeoutMs: number | undefined;
  readonly reply: Omit<InferReply, 'result'>;
}

/** One request of the Open Inference Protocol: checked, queued, answered. Nothing invalid is ever queued. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly config: ApiConfig,
    private readonly runner: JobRunner,
    private readonly jobs: JobsService,
    private readonly affinity: Affinity,
    private readonly coldStarts: ColdStarts,
    private readonly canary: CanaryChoice,
    private readonly codec: InferCodec,
  ) {}

  /** @throws SluiceError */
  async infer(
    message: InferMessage,
    model: string,
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<InferResponse> {
    const { requestTimeoutMs, asyncJobs } = this.config;
    const { job, timeoutMs, reply } = await this.prepare(message, model, version, requestTimeoutMs, signal);
    if (signal.aborted) throw new SluiceError('job_removed', 'the client went away');
    const result = await this.runner.run({
      ...job,
      // Who sends a key may come back for the result.
      ...(job.key && { keepResultMs: asyncJobs.keepResultMs, owner: message.caller }),
      timeoutMs: Math.min(timeoutMs ?? requestTimeoutMs, requestTimeoutMs),
      mustBeInTime: true,
      signal,
    });
    return this.codec.write(reply, result, signal);
  }

  /** Accepts a request to be run without anybody waiting. @throws SluiceError */
  async submit(message: InferMessage, model: string, version: string | undefined): Promise<JobView> {
    const longest = this.config.asyncJobs.timeoutMs;
    const { job, timeoutMs: asked, reply } = await this.prepare(message, model, version, longest);
    const timeoutMs = Math.min(asked ?? longest, longest);
    const label = reply.id === undefined ? job.label : { ...job.label, request: keptId(reply.id) };
    const mustBeInTime = asked !== undefined;
    return this.jobs.submit(reply, { ...job, label, timeoutMs, mustBeInTime, owner: message.caller });
  }

  /**
   * @param longestMs that it may wait when it names no deadline
   * @param signal aborted when its client is gone
   * @throws SluiceError about the request, or the model that it asks for
   */
  async prepare(
    message: InferMessage,
    model: string,
    version: string | undefined,
    longestMs: number,
    signal?: AbortSignal,
  ): Promise<PreparedInference> {
    const deadlineMs = readDeadline(message.deadline);
    const affinityKey = readAffinity(message.affinity);
    const chosen = version ?? this.canary.versionFor(model, affinityKey);
    const target = await this.coldStarts.known(model, chosen, shorter(deadlineMs, this.config.requestTimeoutMs));
    const { limits } = this.config;
    const body = await decodeBody(message.body, message.encoding, limits.maxBodyBytes);
    const asked = [model, version, message.jsonLength, body];
    const key = idempotencyKey(message.idempotencyKey, message.caller, asked);
    const read = await this.codec.read(
      { body, jsonLength: message.jsonLength, target, isUnpinned: version === undefined },
      signal,
    );
    const { id, schedule, outputs, rows, payload } = read;
    const timeoutMs = shorter(schedule.timeoutMs, deadlineMs);
    await this.coldStarts.admit(target.ref, timeoutMs ?? longestMs);
    return {
      job: {
        queue: await this.affinity.queueFor(target, affinityKey, schedule.priority),
        label: { ...target.ref, rows },
        payload,
        priority: schedule.priority,
        rows,
        ...(key && { key }),
      },
      timeoutMs,
      reply: { ...target.ref, id, outputs },
    };
  }
}

function shorter(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** The request's id is echoed with the result, so that it is kept with the job. */
function keptId(id: string): string {
  if (id.length <= MAX_KEPT_ID) return id;
  const message = `id: expected at most ${MAX_KEPT_ID} characters in an asynchronous request, got ${id.length}`;
  throw new SluiceError('invalid_request', message);
}
