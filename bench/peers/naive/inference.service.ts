import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { FloatTensor } from '../run-model.js';
import type { ThreadReply, ThreadRequest } from './inference-thread.js';

interface PendingRun {
  resolve(outputs: readonly FloatTensor[]): void;
  reject(reason: Error): void;
}

/** The model on a thread of its own: a run would block the event loop, and with it the locks of the jobs. */
@Injectable()
export class InferenceService implements OnApplicationShutdown {
  private readonly pending = new Map<number, PendingRun>();
  private lastId = 0;

  private constructor(private readonly thread: Worker) {
    thread.on('message', (reply: ThreadReply) => this.take(reply));
  }

  /** Resolves when the model is loaded. @throws Error when it cannot be */
  static async open(modelPath: string): Promise<InferenceService> {
    const thread = new Worker(new URL('./inference-thread.js', import.meta.url), { workerData: modelPath });
    await once(thread, 'message');
    return new InferenceService(thread);
  }

  /** @throws Error when the run fails */
  run(inputs: readonly FloatTensor[]): Promise<readonly FloatTensor[]> {
    const id = ++this.lastId;
    const request: ThreadRequest = { id, inputs };
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.thread.postMessage(
        request,
        inputs.map(({ data }) => data.buffer),
      );
    });
  }

  async onApplicationShutdown(): Promise<void> {
    // A thread that computes cannot be ended from outside without aborting the process: it is asked.
    this.thread.postMessage('close', []);
    await once(this.thread, 'exit');
  }

  private take({ id, ...reply }: ThreadReply): void {
    const run = this.pending.get(id);
    this.pending.delete(id);
    if ('outputs' in reply) run?.resolve(reply.outputs);
    else run?.reject(new Error(reply.error));
  }
}
