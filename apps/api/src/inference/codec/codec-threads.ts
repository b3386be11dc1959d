import { Worker } from 'node:worker_threads';
import { messageOf, SluiceError } from '@sluice/contracts';
import { movable, type CodecAnswer } from './codec-messages.js';
import type { CodecResults, CodecWork } from './codec-work.js';

interface Piece {
  readonly work: CodecWork;
  readonly resolve: (value: CodecResults[keyof CodecResults]) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A few threads for work that would hold up the event loop. One is started when there is work and none is free, up to the
 * most; work beyond that waits its turn. Nothing that happens to a thread happens to another piece of work than the one it
 * had: that fails, and the next one gets another thread.
 *
 * Work that has begun is not stopped when nobody wants it any more: it ends soon, and its thread goes on.
 */
export class CodecThreads {
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Piece>();
  private readonly waiting = new Set<Piece>();
  private isClosed = false;

  /** @param most threads at a time */
  constructor(
    private readonly most: number,
    private readonly entry = new URL('./codec-thread.js', import.meta.url),
  ) {}

  /**
   * Moves the bytes of the work: the caller's view of them is empty afterwards.
   * @param signal aborted when nobody wants the result any more
   * @throws SluiceError of the work itself; job_removed when aborted before it began; Error when its thread died
   */
  run<Work extends CodecWork>(work: Work, signal?: AbortSignal): Promise<CodecResults[Work['kind']]> {
    return new Promise((resolve, reject) => {
      // The thread answers work with its own kind of value.
      const piece: Piece = { work, resolve: (value) => resolve(value as CodecResults[Work['kind']]), reject };
      this.waiting.add(piece);
      this.hand();
      if (!this.waiting.has(piece) || !signal) return;
      const leave = () => {
        if (this.waiting.delete(piece)) reject(new SluiceError('job_removed', 'the client went away'));
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Ends the threads, and what they are at. */
  async close(): Promise<void> {
    this.isClosed = true;
    const closed = new SluiceError('shutting_down', 'the server is shutting down: send the request again');
    for (const piece of [...this.waiting, ...this.busy.values()]) piece.reject(closed);
    this.waiting.clear();
    await Promise.all([...this.idle, ...this.busy.keys()].map((thread) => thread.terminate()));
  }

  private hand(): void {
    for (const piece of this.waiting) {
      const thread = this.idle.pop() ?? (this.busy.size < this.most && !this.isClosed ? this.startThread() : undefined);
      if (!thread) return;
      this.waiting.delete(piece);
      this.busy.set(thread, piece);
      thread.postMessage(piece.work, movedWith(piece.work));
    }
  }

  private startThread(): Worker {
    const thread = new Worker(this.entry, { name: 'json' });
    // A request that waits for it keeps the process alive, not the thread.
    thread.unref();
    thread.on('message', (answer: CodecAnswer) => {
      const piece = this.busy.get(thread);
      this.busy.delete(thread);
      this.idle.push(thread);
      if (piece) settle(piece, answer);
      this.hand();
    });
    thread.on('error', (error) => this.lose(thread, messageOf(error)));
    thread.once('exit', (code) => this.lose(thread, `it exited with code ${code}`));
    return thread;
  }

  private lose(thread: Worker, why: string): void {
    const piece = this.busy.get(thread);
    this.busy.delete(thread);
    const at = this.idle.indexOf(thread);
    if (at >= 0) this.idle.splice(at, 1);
    piece?.reject(new Error(`a thread that reads and writes JSON died: ${why}`));
    if (!this.isClosed) this.hand();
  }
}

function movedWith(work: CodecWork): ArrayBuffer[] {
  return movable(work.kind === 'read' ? work.body : work.result);
}

function settle({ resolve, reject }: Piece, answer: CodecAnswer): void {
  if ('value' in answer) resolve(answer.value);
  else reject('error' in answer ? SluiceError.from(answer.error) : new Error(answer.fault));
}
