import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ApiConfig } from '@sluice/config';
import { decodeResult } from '@sluice/contracts';
import { formatInferResponse, type InferReply, type InferResponse } from '../protocol/infer-response.js';
import { alone } from './codec-messages.js';
import { CodecThreads } from './codec-threads.js';
import { readBody, type QueuedRequest, type ReadWork } from './codec-work.js';

/** Of JSON: it takes about 1 ms to read, and the way to a thread and back 0.2 ms. */
const LARGE_JSON_BYTES = 256 * 1024;
/** Of a tensor that becomes JSON: it takes about 1 ms to write. */
const LARGE_TENSOR_BYTES = 128 * 1024;
const MOST_THREADS = 4;

/**
 * Reads requests and writes answers. Large JSON is the work of other threads, so that it holds up nobody else's request;
 * what is small, or raw, is done at once, which is less work than handing it over.
 */
@Injectable()
export class InferCodec implements OnApplicationShutdown {
  private readonly threads: CodecThreads;

  constructor(private readonly config: ApiConfig) {
    const cores = Math.ceil((availableParallelism() - 1) / config.processes);
    this.threads = new CodecThreads(Math.min(MOST_THREADS, Math.max(1, cores)));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.threads.close();
  }

  /**
   * @param work the body, decompressed, may be moved away, and is empty then
   * @param signal aborted when nobody waits for it
   * @throws SluiceError invalid_request; job_removed when aborted
   */
  async read(
    { body, jsonLength, target: { ref, serving }, isUnpinned }: Omit<ReadWork, 'kind' | 'limits'>,
    signal?: AbortSignal,
  ): Promise<QueuedRequest> {
    const { limits } = this.config;
    const target = { ref, serving };
    const jsonBytes = Math.min(body.byteLength, Number(jsonLength ?? Infinity));
    // A header that is no number is refused at once.
    const isLarge = jsonBytes >= LARGE_JSON_BYTES;
    if (!isLarge) return readBody({ body, jsonLength, target, isUnpinned, limits });
    return this.threads.run({ kind: 'read', body: alone(body), jsonLength, target, isUnpinned, limits }, signal);
  }

  /**
   * @param result as the worker encoded it
   * @throws SluiceError inference_failed: an output that JSON cannot carry; job_removed when aborted
   */
  async write(reply: Omit<InferReply, 'result'>, result: Uint8Array, signal?: AbortSignal): Promise<InferResponse> {
    const decoded = decodeResult(result);
    const raw = new Set(reply.outputs.flatMap(({ name, isBinary }) => (isBinary ? name : [])));
    const jsonTensors = decoded.outputs.filter(({ name }) => !raw.has(name));
    const bytes = jsonTensors.reduce((sum, tensor) => sum + tensor.bytes.byteLength, 0);
    if (bytes < LARGE_TENSOR_BYTES) return formatInferResponse({ ...reply, result: decoded });
    // A copy: who knows what else lies in the memory that it came in.
    return this.threads.run({ kind: 'write', reply, result: new Uint8Array(result) }, signal);
  }
}
