import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the thread is started with. */
export interface RawSessionPlan {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Names of its one input and of the output to fetch, both FP32. */
  readonly input: string;
  readonly output: string;
}

export interface RawInput {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What the thread is asked for. */
export interface RawRequest {
  readonly input: RawInput;
  readonly ms: number;
}

export interface RawSample {
  readonly latenciesMs: readonly number[];
  /** Of the last run. */
  readonly output: readonly number[];
}

/**
 * The baseline: `session.run` of the same model and input, in a thread of its own as in a worker, with nothing around it.
 * Idle between measurements.
 */
export class RawSession {
  private constructor(private readonly thread: Worker) {}

  /** @throws Error when the model cannot be opened */
  static async open(plan: RawSessionPlan): Promise<RawSession> {
    const thread = new Worker(new URL('./raw-session-thread.js', import.meta.url), { workerData: plan });
    await once(thread, 'message');
    return new RawSession(thread);
  }

  /** One run after the other for so long, but one at least. */
  async measure(input: RawInput, ms: number): Promise<RawSample> {
    const request: RawRequest = { input, ms };
    this.thread.postMessage(request, []);
    const [sample] = await once(this.thread, 'message');
    return sample as RawSample;
  }

  /** A thread that computes cannot be ended: call it between measurements. */
  async close(): Promise<void> {
    this.thread.postMessage('close', []);
    await once(this.thread, 'exit');
  }
}
