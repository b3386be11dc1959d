import type { Refused } from '../world/cold-gate.js';
import type { SimulatedRequest } from '../world/request.js';
import { queueOf } from './device-witness.js';
import type { Judgement } from './judgement.js';
import type { MemoryWatch } from './memory-watch.js';

/** Until it is told, decided and heard of that there is room. */
const DECIDED_MS = 500 + 2_000 + 500;
/** Loads of other models may come between; each of these is a reason to be told once more. */
const MOST_TIMES = 6;

export interface RetrySurroundings {
  readonly isCalm: boolean;
  readonly workers: () => readonly { readonly name: string }[];
  /** For how long some worker has had room for it and nothing else to load. */
  readonly roomForMs: (queue: string) => number;
}

/** Holds what clients are told when they are refused against what they find when they come again. */
export class RetryCheck {
  private refusals = 0;
  private comebacks = 0;

  constructor(
    private readonly surroundings: RetrySurroundings,
    private readonly memory: MemoryWatch,
    private readonly judgement: Judgement,
  ) {}

  get seen(): { readonly refusals: number; readonly comebacks: number } {
    return { refusals: this.refusals, comebacks: this.comebacks };
  }

  /** @param before how often it was refused before, and came again when it was told to */
  refused(request: SimulatedRequest, refusal: Refused, before: number): void {
    this.refusals++;
    if (!this.surroundings.isCalm) return;
    if (refusal.code !== 'model_loading')
      this.judgement.violated('one answer', `request ${request.number} is refused with ${refusal.code}`);
    if (before >= MOST_TIMES && this.surroundings.roomForMs(queueOf(request)) > DECIDED_MS)
      this.judgement.violated('true retry', `request ${request.number} is told to come again ${before + 1} times`);
  }

  /** Somebody comes again when told to. */
  comesAgain(request: SimulatedRequest): void {
    this.comebacks++;
    const queue = queueOf(request);
    const { isCalm, roomForMs, workers } = this.surroundings;
    const isSomewhere = workers().some(({ name }) =>
      [...this.memory.memoryOf(name)].some((copy) => copy.queue === queue),
    );
    if (isCalm && !isSomewhere && roomForMs(queue) > DECIDED_MS)
      this.judgement.violated('true retry', `request ${request.number} comes again when told to: ${queue} is nowhere`);
  }
}
