/** The invariants of DESIGN.md section 8, as the simulation checks them. */
export const INVARIANTS = {
  'one answer':
    'an accepted job ends exactly once for its client: with its own result, or an error that is about itself',
  'one holder': 'a job has at most one holder; one whose lease expired cannot settle',
  'settle, then reply': 'only what is settled is answered, with what it was settled with',
  'pure batches': 'a batch never mixes models or signatures, never exceeds its limit, and holds whole requests',
  'one token': 'nothing runs on a device beside what has the turn',
  'no expired runs': 'what has expired costs no device time',
  share: 'a class with a weight is served within the stated bound',
  turns: 'no queue and no level is passed over for ever',
  'work-conserving': 'while work waits that a device could run, that device is not idle',
  stealing: 'work that waits too long for its own worker is done by one that is idle',
  searching: 'few look for work to steal at once, and whoever has some does not',
  'late binding': 'a worker holds no more than the next batch of each class',
  memory: 'the models of a worker never take more than its budget',
  'in use': 'a model stays in memory while leased work needs it',
  cover: 'a model that is asked for has its workers where there is room',
  'one coordinator': 'no decision is applied after a later term has begun, and each term is that of one worker',
  rest: 'with a demand that does not change nothing is moved any more',
  'true retry': 'whoever comes again when told to finds the model loaded or loading, unless memory is full of others',
  recovery: 'what a worker leaves behind is answered within 5 s, and the time that its work takes',
  'nothing held': 'after a drain nothing is held, and nothing is lost',
  buffers: 'a buffer belongs to one batch at a time',
  agreement: 'within 10 s of the last fault the workers serve what the registry says, which is what the rollout says',
  'one live version': 'when the workers agree, no other version answers requests that named none',
  termination: 'every wait has an end',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** An invariant that does not hold. */
export class Violation extends Error {
  constructor(
    readonly invariant: Invariant,
    what: string,
    trace: string,
  ) {
    super(`${invariant} (${INVARIANTS[invariant]}): ${what}\n${trace}`);
    this.name = 'Violation';
  }
}
