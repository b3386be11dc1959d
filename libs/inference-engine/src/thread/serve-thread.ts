import { on } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { assertNever, messageOf, SluiceError, type ErrorCode, type Tensor } from '@sluice/contracts';
import type { PackedBatch, RunResult } from '../inference-engine.js';
import type {
  AnsweredRequest,
  EngineAnswer,
  EngineAnswers,
  EngineRequest,
  LoadedSession,
  SessionKey,
} from './messages.js';

/** What an adapter does on its engine thread. Every call may block the thread: nothing else lives there. */
export interface Runtime {
  /** @throws SluiceError model_unavailable, naming the file and the device */
  load(session: SessionKey, path: string): Promise<LoadedSession>;
  /**
   * The outputs asked for, in that order. Their buffers are moved to the main side, so none of them may be the batch's
   * own buffer, or be kept.
   * @throws SluiceError inference_failed
   */
  run(session: SessionKey, batch: PackedBatch): Promise<readonly Tensor[]>;
  release(session: SessionKey): Promise<void>;
}

/** What an error means when the runtime itself gave it no code. */
const CODES = { load: 'model_unavailable', run: 'inference_failed', release: 'internal' } as const satisfies Record<
  keyof EngineAnswers,
  ErrorCode
>;

/**
 * The loop of an engine thread: one request after the other until `close`, after which nothing keeps the thread alive
 * and it ends by itself. (Ending it from outside during a run would abort the whole process.)
 */
export async function serveThread(runtime: Runtime): Promise<void> {
  if (!parentPort) throw new Error('an engine thread is started by EngineThread, not by hand');
  for await (const [message] of on(parentPort, 'message')) {
    const request: EngineRequest = message;
    if (request.kind === 'close') break;
    const answer = await answerTo(request, runtime);
    parentPort.postMessage(answer, buffersOf(answer));
  }
}

async function answerTo(request: AnsweredRequest, runtime: Runtime): Promise<EngineAnswer> {
  try {
    return { id: request.id, value: await serve(request, runtime) };
  } catch (error) {
    const body =
      error instanceof SluiceError ? error.toBody() : { code: CODES[request.kind], message: messageOf(error) };
    return { id: request.id, error: body };
  }
}

function serve(request: AnsweredRequest, runtime: Runtime): Promise<EngineAnswers[keyof EngineAnswers]> {
  switch (request.kind) {
    case 'load':
      return runtime.load(request.session, request.path);
    case 'run':
      return timedRun(request.session, request.batch, runtime);
    case 'release':
      return runtime.release(request.session);
    default:
      return assertNever(request);
  }
}

async function timedRun(session: SessionKey, batch: PackedBatch, runtime: Runtime): Promise<RunResult> {
  const startedAt = performance.now();
  const outputs = await runtime.run(session, batch);
  return { outputs, buffer: batch.buffer, deviceMs: performance.now() - startedAt };
}

/** What an answer moves to the main side. Distinct, because a buffer that is listed twice cannot be moved. */
function buffersOf(answer: EngineAnswer): ArrayBuffer[] {
  if (!('value' in answer) || !answer.value || !('outputs' in answer.value)) return [];
  const { outputs, buffer } = answer.value;
  const moved = [buffer, ...outputs.map(({ bytes }) => bytes.buffer)].filter((each) => each instanceof ArrayBuffer);
  return [...new Set(moved)];
}
