/** A rollout of version 2 while version 1 answers requests, and what goes wrong meanwhile. Times are in ms, from its beginning. */
export interface RolloutScenario {
  readonly seed: number;
  readonly workers: number;
  /** How many times as long as version 1 the new one takes. */
  readonly slower: number;
  /** It does not start on any worker. */
  readonly isBroken: boolean;
  /** `SIGKILL`; another process takes the worker's place later. */
  readonly crashes: readonly { readonly worker: number; readonly atMs: number; readonly restartAfterMs: number }[];
  /** `SIGSTOP`, and `SIGCONT` later. */
  readonly freezes: readonly { readonly worker: number; readonly atMs: number; readonly forMs: number }[];
  readonly lostReply: number;
  readonly resend: number;
  /** Somebody says so. */
  readonly instruction?: { readonly atMs: number; readonly what: 'promote' | 'roll-back' } | undefined;
}

export const CALM: Omit<RolloutScenario, 'seed'> = {
  workers: 3,
  slower: 1,
  isBroken: false,
  crashes: [],
  freezes: [],
  lostReply: 0,
  resend: 0,
};
