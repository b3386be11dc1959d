/** What a coordinator knows when it decides which worker holds which models. */
export interface Fleet {
  readonly workers: readonly WorkerMemory[];
  /** Models that are not listed have no demand. */
  readonly models: readonly ModelNeed[];
  /** In ms, on the clock of `lastUsedAt`. */
  readonly now: number;
}

/** What a worker's memory holds, and how much it may. */
export interface WorkerMemory {
  readonly id: string;
  readonly budgetBytes: number;
  readonly models: readonly ModelCopy[];
  /** Queue names of versions that it could not load: it does not have the files, or has tried. */
  readonly cannotLoad?: readonly string[];
}

/** A model on a worker. */
export interface ModelCopy {
  /** The queue name of the version. */
  readonly model: string;
  readonly bytes: number;
  /** In ms; when it was loaded if it was never used. */
  readonly lastUsedAt: number;
  /** Has leased work there, or was pinned there: it must not be unloaded. */
  readonly held: boolean;
  /** What is loading has its bytes already. */
  readonly state: 'ready' | 'loading';
}

/** What is asked of a model in the whole fleet. */
export interface ModelNeed {
  /** The queue name of the version. */
  readonly queue: string;
  readonly bytes: number;
  /** Device time of what waits, in ms. */
  readonly backlogMs: number;
  /** Device time of what arrives, in ms a second, averaged; what was refused because the model is cold counts too. */
  readonly demandMsPerSec: number;
  readonly loadMs: number;
  /** Workers that shall have it while it has demand; less than one counts as one. */
  readonly minWorkers: number;
  /** It has demand always. */
  readonly pinned?: boolean;
}
