import { createHash } from 'node:crypto';
import { BatchedJobQueue, type Outcome } from '@sluice/job-queue';
import { readQueueEvents } from '../../harness/queue-events.js';
import { GENEROUS_SETTINGS } from '../../harness/queue-settings.js';
import type { BenchRun } from '../../harness/scenario.js';

/** Where there is something to see. */
export interface Witnessed {
  readonly redis: URL;
  readonly model: string;
  /** To whom the replies are sent. */
  readonly apiId: string;
}

/** Often enough: BullMQ keeps the last thousand events, and a job makes about four. */
const LOOK_EVERY_MS = 100;

/**
 * Sees each end of each job, twice: what the workers send to the API, and what BullMQ's script noted when it moved the job
 * to completed (also when the worker died before it could say so).
 */
export class AnswerWitness {
  private readonly replies = new Map<string, string[]>();
  private readonly completions = new Map<string, number>();
  private lastEvent = '0-0';
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly redis: URL,
    private readonly model: string,
  ) {}

  static async of(
    bench: Pick<BenchRun, 'cleanups' | 'tell'>,
    { redis, model, apiId }: Witnessed,
  ): Promise<AnswerWitness> {
    const witness = new AnswerWitness(redis, model);
    const onError = (error: Error) => bench.tell(`witness: ${error.message}`);
    const queue = new BatchedJobQueue({ redisUrl: redis.href, prefix: 'bull', settings: GENEROUS_SETTINGS, onError });
    bench.cleanups.defer(() => queue.stop());
    await queue.listenForReplies(
      apiId,
      (replies) => {
        for (const { jobId, outcome } of replies) witness.noteReply(jobId, digest(outcome));
      },
      () => {},
    );
    witness.timer = setInterval(() => {
      witness.looking ??= witness
        .look()
        .catch(onError)
        .finally(() => (witness.looking = undefined));
    }, LOOK_EVERY_MS);
    bench.cleanups.defer(() => clearInterval(witness.timer));
    return witness;
  }

  /** Resolves when everything that has happened so far was seen. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.look();
  }

  /** Jobs that were completed. */
  get completed(): number {
    return this.completions.size;
  }

  /** Jobs that were completed more than once, or answered more than once or differently. */
  duplicated(): string[] {
    const twice = [...this.completions].filter(([, times]) => times > 1).map(([jobId]) => jobId);
    const answeredTwice = [...this.replies].filter(([, answers]) => answers.length > 1).map(([jobId]) => jobId);
    return [...new Set([...twice, ...answeredTwice])];
  }

  /** Jobs that were answered in two ways. */
  contradicted(): string[] {
    return [...this.replies].filter(([, answers]) => new Set(answers).size > 1).map(([jobId]) => jobId);
  }

  private noteReply(jobId: string, answer: string): void {
    this.replies.set(jobId, [...(this.replies.get(jobId) ?? []), answer]);
  }

  private async look(): Promise<void> {
    for (const { id, event, jobId } of await readQueueEvents(this.redis, this.model, this.lastEvent)) {
      this.lastEvent = id;
      if (event === 'completed') this.completions.set(jobId, (this.completions.get(jobId) ?? 0) + 1);
    }
  }
}

function digest(outcome: Outcome): string {
  const bytes = outcome.ok ? outcome.result : JSON.stringify(outcome.error);
  return createHash('sha256').update(bytes).digest('base64');
}
