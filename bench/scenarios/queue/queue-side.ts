/** One way to hand jobs to another process and to hear what came of them: what `queue` measures side by side. */
export interface QueueSide {
  /** What an API process does. */
  openAdder(terms: QueueTerms): Promise<Adder>;
  /** What a worker does, without an engine: every job's result is its payload. Serves until its process ends. */
  openWorker(terms: QueueTerms): Promise<void>;
}

export interface QueueTerms {
  readonly redisUrl: string;
  /** `nothing`: ended jobs go at once, for those sides that can. */
  readonly keep: 'results' | 'nothing';
}

export interface Adder {
  /** Adds a job, and resolves with its result. */
  request(payload: Uint8Array): Promise<Uint8Array>;
}
