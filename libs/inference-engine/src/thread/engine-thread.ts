import { Worker, type Transferable } from 'node:worker_threads';
import { messageOf, SluiceError } from '@sluice/contracts';
import type { PackedBatch, RunResult } from '../inference-engine.js';
import type {
  AnsweredRequest,
  EngineAnswer,
  EngineAnswers,
  EngineRequest,
  LoadedSession,
  SessionKey,
} from './messages.js';

interface PendingCall {
  resolve(value: EngineAnswers[keyof EngineAnswers]): void;
  reject(reason: SluiceError): void;
}

export interface EngineThreadOptions {
  /** Shown by debuggers and profilers. */
  readonly name: string;
  /** What the entry point needs to build its runtime; copied to the thread. */
  readonly workerData: unknown;
}

/**
 * The main side of an engine thread.
 *
 * Life: running -> closing (no more calls, those in flight are finished) -> ended; or running -> dead, when the thread
 * threw outside a request: everything pending rejects, and so does every later call. There is no way to stop a run:
 * `terminate()` while the runtime computes aborts the process, so the thread is only ever asked to end.
 *
 * Buffers are moved, never copied: the batch's to the thread and back, the outputs' from the thread.
 */
export class EngineThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  readonly #exited: Promise<void>;
  #calls = 0;
  #sessions = 0;
  #closing = false;
  /** Why no call is taken any more. */
  #ended: SluiceError | undefined;

  /** @param entry the built JavaScript file whose first act is serveThread() */
  constructor(entry: URL, options: EngineThreadOptions) {
    this.#worker = new Worker(entry, options);
    this.#worker.on('message', (answer: EngineAnswer) => this.#settle(answer));
    this.#worker.on('messageerror', (error) => this.#end(`an answer of it cannot be read: ${error.message}`, error));
    this.#worker.on('error', (error) => this.#end(`it died: ${messageOf(error)}`, error));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#end(this.#closing ? 'it was closed' : `it exited with code ${code}`);
        resolve();
      });
    });
  }

  get isUsable(): boolean {
    return !this.#ended && !this.#closing;
  }

  /** @throws SluiceError model_unavailable */
  async load(path: string): Promise<LoadedSession & { readonly session: SessionKey }> {
    const session = ++this.#sessions;
    return { session, ...(await this.#call({ kind: 'load', id: ++this.#calls, session, path })) };
  }

  /** @throws SluiceError inference_failed; model_unavailable when the thread has ended */
  run(session: SessionKey, batch: PackedBatch): Promise<RunResult> {
    return this.#call({ kind: 'run', id: ++this.#calls, session, batch }, [batch.buffer]);
  }

  release(session: SessionKey): Promise<void> {
    return this.#call({ kind: 'release', id: ++this.#calls, session });
  }

  /** Lets the thread finish what it has been asked, and waits until it has ended. Idempotent. */
  close(): Promise<void> {
    if (this.isUsable) {
      this.#closing = true;
      this.#post({ kind: 'close' });
    }
    return this.#exited;
  }

  async #call<R extends AnsweredRequest>(request: R, moved: Transferable[] = []): Promise<EngineAnswers[R['kind']]> {
    if (this.#ended) throw this.#ended;
    if (this.#closing) throw new SluiceError('model_unavailable', 'the engine thread is closing');
    this.#post(request, moved);
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, {
        // The thread answers a request with its own kind of value.
        resolve: (value) => resolve(value as EngineAnswers[R['kind']]),
        reject,
      });
    });
  }

  #post(request: EngineRequest, moved: Transferable[] = []): void {
    this.#worker.postMessage(request, moved);
  }

  #settle(answer: EngineAnswer): void {
    const call = this.#pending.get(answer.id);
    if (!call) return;
    this.#pending.delete(answer.id);
    if ('error' in answer) call.reject(SluiceError.from(answer.error));
    else call.resolve(answer.value);
  }

  #end(why: string, cause?: unknown): void {
    this.#ended ??= new SluiceError('model_unavailable', `the engine thread is gone: ${why}`, { cause });
    for (const call of this.#pending.values()) call.reject(this.#ended);
    this.#pending.clear();
  }
}
