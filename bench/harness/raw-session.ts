import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the thread is started with. */
export interface RawSessionPlan {
  /** Path of the ONNX file. */
  readonly model: string;
  readonly input: { readonly name: string; readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly output: string;
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

  /** One run after the other for so long. */
  async measure(ms: number): Promise<RawSample> {
    this.thread.postMessage(ms, []);
    const [sample] = await once(this.thread, 'message');
    return sample as RawSample;
  }

  /** A thread that computes cannot be ended: call it between measurements. */
  async close(): Promise<void> {
    this.thread.postMessage('close', []);
    await once(this.thread, 'exit');
  }
}
